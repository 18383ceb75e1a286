"""The WSGI application that the server runs."""

import os

from django.core.wsgi import get_wsgi_application

from portal import embedded
from portal.pagecache import cached

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
embedded.start(embedded.data_folder())

application = cached(get_wsgi_application())
