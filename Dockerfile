# The portal for production. Builds without network access to anything but the package index;
# compose.yaml shows how the image is run: setup once, then the server and the worker.

FROM python:3.11-slim AS build
WORKDIR /portal
RUN python -m venv .venv
COPY requirements/base.txt requirements/
RUN .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes -r requirements/base.txt
COPY . .
# Catalogues and static files are made here, so that a container starts at once and can be read-only.
# The collecting runs on the embedded database's settings: no secret of any installation is needed.
RUN .venv/bin/python -m portal.catalogues --compile \
    && PORTAL_DATA=/tmp/build DJANGO_SETTINGS_MODULE=portal.settings \
        .venv/bin/python -m django collectstatic --noinput --verbosity=0 \
    && mv /tmp/build/static /portal/collected \
    && rm -rf /tmp/build

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin portal \
    && install -d -o portal -g portal /data
COPY --from=build /portal /portal
WORKDIR /portal
ENV PATH=/portal/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTAL_DATA=/data \
    STATIC_ROOT=/portal/collected
USER portal
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python", "-m", "portal.server", "--check"]
CMD ["python", "-m", "portal.server", "--host", "0.0.0.0", "--port", "8000"]
