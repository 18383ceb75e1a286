"""Messages that WhatsApp brings by itself: a code in one confirms the role it was made for.

The shapes are those of the Cloud API of WhatsApp: entry[].changes[].value.messages[].
"""

import hashlib
import hmac
import json
import re

import structlog
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils import formats, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from people.actions import CodeRefused, confirm_message
from people.limits import is_allowed
from people.models import IncomingMessage
from people.senders import NotSent, WhatsAppSender

logger = structlog.get_logger("portal.webhooks")

#: A signed payload holds up to a thousand changes; ours are short texts.
LARGEST = 512 * 1024
MESSAGE_ID = re.compile(r"[!-~]{1,128}")
SENDER = re.compile(r"[1-9][0-9]{7,14}")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def whatsapp(request) -> HttpResponse:
    """GET proves to the messenger whose address this is; POST brings what people have written."""
    if not (settings.WHATSAPP_APP_SECRET and settings.WHATSAPP_VERIFY_TOKEN):
        raise Http404
    return take_messages(request) if request.method == "POST" else answer_challenge(request)


def answer_challenge(request) -> HttpResponse:
    """Repeat the challenge to whoever knows the token."""
    token = request.GET.get("hub.verify_token", "")
    is_right = constant_time_compare(token, settings.WHATSAPP_VERIFY_TOKEN)
    if request.GET.get("hub.mode") != "subscribe" or not is_right:
        return HttpResponse(status=403)
    return HttpResponse(request.GET.get("hub.challenge", ""), content_type="text/plain")


def take_messages(request) -> HttpResponse:
    """Read a signed payload. What cannot be understood is left alone: sent again it would be the same."""
    try:
        is_large = int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST
    except ValueError:
        return HttpResponse(status=400)
    if is_large:
        return HttpResponse(status=413)
    if not is_signed(request.body, request.headers.get("X-Hub-Signature-256", "")):
        return HttpResponse(status=403)
    if not is_allowed(request, "webhook"):
        return HttpResponse(status=429)
    try:
        payload = json.loads(request.body)
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    for message in messages_in(payload):
        take_message(**message)
    return HttpResponse("ok", content_type="text/plain")


def is_signed(body: bytes, signature: str) -> bool:
    """Whether the very bytes were signed with the secret of the application."""
    digest = hmac.new(settings.WHATSAPP_APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return constant_time_compare(signature, f"sha256={digest}")


def _rows(holder, key: str) -> list[dict]:
    found = holder.get(key) if isinstance(holder, dict) else None
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def messages_in(payload):
    """Yield {message_id, phone, text} of every text message; statuses and all else are passed by."""
    for entry in _rows(payload, "entry"):
        for change in _rows(entry, "changes"):
            for message in _rows(change.get("value"), "messages"):
                words = message.get("text")
                body = words.get("body") if isinstance(words, dict) else None
                number, sender = message.get("id"), message.get("from")
                if (
                    isinstance(body, str)
                    and isinstance(number, str)
                    and MESSAGE_ID.fullmatch(number)
                    and isinstance(sender, str)
                    and SENDER.fullmatch(sender)
                ):
                    yield {"message_id": number, "phone": f"+{sender}", "text": body[:4096]}


def take_message(*, message_id: str, phone: str, text: str) -> None:
    """Confirm what the message confirms; the same message brought again does nothing."""
    with transaction.atomic():
        _row, is_new = IncomingMessage.objects.get_or_create(message_id=message_id)
        if not is_new:
            return
        try:
            confirmed = confirm_message(text=text, phone=phone)
        except CodeRefused as refused:
            logger.info("code_refused", reason=refused.reason)
            return
    for membership in confirmed:
        tell(membership)


def tell(membership) -> None:
    """Answer in the same chat, where the messenger's keys are there."""
    if not settings.WHATSAPP_TOKEN:
        return
    with translation.override(membership.user.language):
        text = gettext("Your role is confirmed: %(place)s, until %(date)s.") % {
            "place": membership.municipality,
            "date": formats.date_format(membership.expires_at),
        }
    try:
        WhatsAppSender().answer(membership.phone, text)
    except NotSent:
        logger.info("answer_not_sent")
