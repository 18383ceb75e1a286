"""Since when what readers see has not changed: triggers tell, one thread a process listens.

Every table that public pages may show has a trigger that sends a notice. PostgreSQL hands it out
with the commit, or not at all, whoever wrote: the server, the worker, a command, SQL by hand.
"""

import math
import os
import select
import threading
import time
from collections import deque

import psycopg2
import structlog
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models

logger = structlog.get_logger("portal.freshness")

CHANNEL = TRIGGER = "portal_pages"
#: Apps and models that no public page shows, or that are written too often. All others are watched.
UNWATCHED = {
    "account",
    "admin",
    "auth",
    "django_tasks_database",
    "mfa",
    "reversion",
    "sessions",
    # People are behind the pages, never on them: what a page names is written in the record.
    "people",
    # The index, the words, the queries: pages of search are not kept, and each search may write.
    "search",
    # What visitors write, and what editors and authors say to each other.
    "journal.Comment",
    "journal.Pitch",
    "journal.PitchFile",
    "journal.Subscriber",
    "journal.Mailing",
    "journal.MailingRecipient",
    # Of contests, what applicants, members and visitors write: readers see the decision. How many have
    # applied says the hour it was counted; the page of questions is not kept.
    "contests.Application",
    "contests.ApplicationFile",
    "contests.ApplicationPicture",
    "contests.CampaignStep",
    "contests.Conflict",
    "contests.FollowUp",
    "contests.Letter",
    "contests.Question",
    "contests.Score",
    "contests.ScoreChange",
    "contests.Sheet",
    "contests.Signature",
    "contests.Vote",
    # Of partners, what stands on no page.
    "partners.Agreement",
    "partners.AgreementFile",
    "partners.Interaction",
    "partners.Obligation",
    "partners.Proposal",
    "publishing.AuditEvent",
    "publishing.Draft",
    "publishing.DraftDocument",
    "publishing.DraftPicture",
    "publishing.PeriodicRun",
}
#: Notices that come thick are gathered so long: whoever edits does not keep every page from lasting.
GATHERED = 0.3  # s
#: So long after a notice a reader may still get the page of before, while another makes it anew. With
#: GATHERED it stays within the second that is promised.
GRACE = 0.6  # s
ASKED_EVERY = 1.0  # s
#: So long a process believes in a silence that it has not asked about.
TRUSTED = 3.0  # s
#: A database away for longer is down: nobody tries it any more but the listener.
AWAY = 2.0  # s
RETRIED_EVERY = 0.5  # s
#: After an outage every page is old at once: so long last copies help out, until their turn has come.
RECOVERING = 5.0  # s

FUNCTION = f"""
CREATE OR REPLACE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('{CHANNEL}', '');
    RETURN NULL;
END $$
"""
TRIGGERS_PRESENT = """
SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgname = %s AND pg_table_is_visible(pg_class.oid)
"""


# ---------------------------------------------------------------- what sends notices


def is_watched(model: type[models.Model]) -> bool:
    """Whether a change of the model's table makes pages anew. A relation's rows follow its owner."""
    owner = (model._meta.auto_created or model)._meta  # noqa: SLF001
    return not {owner.app_label, owner.label} & UNWATCHED


def watched_tables() -> set[str]:
    found = (
        model._meta  # noqa: SLF001
        for model in apps.get_models(include_auto_created=True)
        if is_watched(model)
    )
    return {options.db_table for options in found if options.managed and not options.proxy}


def tables_with_triggers(cursor) -> set[str]:
    cursor.execute(TRIGGERS_PRESENT, [TRIGGER])
    return {name for (name,) in cursor.fetchall()}


def install_triggers(*, app_config, using=DEFAULT_DB_ALIAS, **kwargs) -> None:
    """Give every watched table its trigger, and no other (runs after each migrate)."""
    if app_config is not list(apps.get_app_configs())[-1]:
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(FUNCTION)
        present = tables_with_triggers(cursor)
        wanted = watched_tables() & set(connection.introspection.table_names(cursor))
        for table in sorted(wanted - present):
            cursor.execute(
                f"CREATE TRIGGER {TRIGGER} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE "
                f'ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION {TRIGGER}()'
            )
        for table in sorted(present - wanted):
            cursor.execute(f'DROP TRIGGER {TRIGGER} ON "{table}"')
        cursor.execute(f"NOTIFY {CHANNEL}")  # of what came in before the triggers did


# ---------------------------------------------------------------- who hears them


class Freshness:
    """What one process knows about the database. Moments are time.monotonic(), the same in all of
    the machine's processes.

    A page whose rendering began at or after `since` shows all that is committed, as long as it is
    not later than `until`. Without a connection `since` is infinite: nothing is sure. `lost_at` is
    when the database went away, None while it is there; `outage` when it last did.
    """

    def __init__(self, using: str = DEFAULT_DB_ALIAS):
        self.since = math.inf
        self.until = 0.0
        self._notices: deque[float] = deque(maxlen=8)
        self._using = using
        self.lost_at: float | None = None
        self.outage = 0.0
        self._has_failed = False
        self._found_at = -math.inf
        self._pid = 0
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop: int | None = None

    def ensure_listening(self) -> None:
        """Start the thread, in the process that asks: a fork leaves it behind."""
        if self._pid == os.getpid():
            return
        with self._starting:
            if self._pid == os.getpid():
                return
            self.since, self.until, self.lost_at = math.inf, 0.0, None
            stop, self._stop = os.pipe()
            self._thread = threading.Thread(
                target=self._listen_on, args=(stop,), name="freshness", daemon=True
            )
            self._thread.start()
            self._pid = os.getpid()

    def stop(self) -> None:
        """End the thread and its connection; the next ensure_listening() starts anew."""
        if self._pid == os.getpid():
            os.close(self._stop)
            self._thread.join()
        self._pid = 0

    def failed(self) -> None:
        """A page could not be made. Is the listener without the database too, then it is down."""
        self._has_failed = True

    def is_down(self, now: float) -> bool:
        """Whether the database is away: refusing for two seconds or since a page failed, or silent."""
        lost_at = self.lost_at
        if lost_at is not None:
            return self._has_failed or now - lost_at > AWAY
        return self.since < math.inf and now > self.until

    def is_recovering(self, now: float) -> bool:
        return self.lost_at is None and now - self._found_at < RECOVERING

    def _listen_on(self, stop: int) -> None:
        waiting = select.poll()
        waiting.register(stop, select.POLLIN | select.POLLHUP)
        wait = 0.0
        try:
            while not waiting.poll(wait * 1000):
                try:
                    self._listen(stop)
                except (psycopg2.Error, OSError) as error:
                    # A cut connection is made anew at once, a refused one after a breath.
                    wait = 0.0 if self.since < math.inf else RETRIED_EVERY
                    self._lose(error)
        finally:
            self.since = math.inf
            os.close(stop)

    def _lose(self, error: Exception) -> None:
        self.since = math.inf
        is_crowded = any(words in str(error) for words in ("too many", "connection slots"))
        if self.lost_at is None and not is_crowded:
            self.lost_at, self._has_failed = time.monotonic(), False
            self.outage = self.lost_at
            logger.warning("database_lost", error=type(error).__name__)

    def _listen(self, stop: int) -> None:
        """Hear notices until the connection breaks (raises psycopg2.Error) or `stop` is closed."""
        wrapper = connections.create_connection(self._using)
        options = wrapper.get_connection_params() | {"application_name": "portal pages"}
        connection = psycopg2.connect(**options)
        try:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(f"LISTEN {CHANNEL}")
            waiting = select.poll()
            waiting.register(stop, select.POLLIN | select.POLLHUP)
            if not self._has_triggers(cursor, waiting):
                return
            self.heard()
            if self.lost_at is not None:
                logger.info("database_found")
                if self.is_down(now := time.monotonic()):
                    self._found_at = now
            self.lost_at, self._has_failed = None, False
            waiting.register(connection, select.POLLIN)
            while True:
                ready = waiting.poll(ASKED_EVERY * 1000)
                if any(descriptor == stop for descriptor, _event in ready):
                    return
                if ready:
                    connection.poll()
                else:
                    cursor.execute("SELECT 1")
                self.until = time.monotonic() + TRUSTED
                if connection.notifies:
                    connection.notifies.clear()
                    self.heard()
                    time.sleep(GATHERED)
        finally:
            connection.close()

    def _has_triggers(self, cursor, waiting: select.poll) -> bool:
        """Wait until every watched table has its trigger: until then every page is made anew.

        A database that is not migrated yet, or was restored from an older copy, has not. False where
        the thread is to stop.
        """
        is_told = False
        while missing := watched_tables() - tables_with_triggers(cursor):
            if not is_told:
                logger.error("triggers_missing", tables=sorted(missing), mend="manage.py migrate")
            is_told, self.lost_at = True, None
            if waiting.poll(ASKED_EVERY * 1000):
                return False
        return True

    def heard(self) -> None:
        """Whatever was begun before this moment may be old."""
        now = time.monotonic()
        if self.since == math.inf:
            self._notices.clear()
        self._notices.append(now)
        self.until = now + TRUSTED
        self.since = now

    def since_lately(self, now: float) -> float:
        """What `since` was GRACE seconds ago; infinite where that is not known."""
        return max((at for at in [*self._notices] if at <= now - GRACE), default=math.inf)
