"""Votes in a database that several pages share: SQLite in a file, PostgreSQL by its URL, through SQLAlchemy.

    RAG_VOTES=sqlite:////data/votes.db                    pip install sqlalchemy
    RAG_VOTES=postgresql+psycopg://user@host/database     pip install sqlalchemy 'psycopg[binary]'

An append is one committed transaction; whoever reads sees whole votes in the order they were committed in."""

import threading
from typing import Any

from rag_demo.types import RagError
from rag_demo.votes import Vote, VoteError, VoteFault, VoteLog, parsed

TABLE = "rag_votes"
MAX_VOTES = 1_000_000
WAIT_SECONDS = 5  # for another page's transaction, or a server


class SqlVotes:
    """As VoteStore, in the table rag_votes, which is made at the first vote. Threads and processes may share."""

    enabled = True

    def __init__(self, url: str, limit: int = MAX_VOTES) -> None:
        try:
            import sqlalchemy
        except ImportError:
            raise RagError("RAG_VOTES needs SQLAlchemy: pip install sqlalchemy.") from None
        try:
            address = sqlalchemy.engine.make_url(url)
            if address.drivername == "postgresql":
                address = address.set(drivername="postgresql+psycopg")
            lite = address.get_backend_name() == "sqlite"
            waits = {"timeout": WAIT_SECONDS} if lite else {"connect_timeout": WAIT_SECONDS}
            self._engine = sqlalchemy.create_engine(address, connect_args=waits, pool_pre_ping=True)
        except sqlalchemy.exc.ArgumentError:
            raise RagError(
                "RAG_VOTES must be a URL such as sqlite:////data/votes.db or postgresql://host/name."
            ) from None
        except ImportError as error:
            raise RagError(f"RAG_VOTES needs {error.name}: pip install 'psycopg[binary]', for PostgreSQL.") from None
        self._sql, self._where, self.limit = sqlalchemy, address.render_as_string(hide_password=True), limit
        self._lock, self._made = threading.Lock(), False
        self._last: tuple[tuple[int, int], VoteLog] | None = None
        self._table = sqlalchemy.Table(
            TABLE,
            sqlalchemy.MetaData(),
            sqlalchemy.Column("number", sqlalchemy.Integer, primary_key=True, autoincrement=True),
            sqlalchemy.Column("time", sqlalchemy.String(40), nullable=False),
            sqlalchemy.Column("vote", sqlalchemy.Text, nullable=False),  # the JSON object of votes.jsonl
        )

    def append(self, vote: Vote) -> None:
        """Returns once the vote is committed. Raises VoteError where it cannot be kept."""
        table, line = self._table, vote.line.decode().strip()
        try:
            self._make()
            with self._engine.begin() as connection:
                if self._count(connection)[0] >= self.limit:
                    raise VoteError(
                        VoteFault.FULL,
                        f"{self._where} has reached its {self.limit:,} votes; move them to collect more.",
                    )
                connection.execute(table.insert().values(time=vote.time, vote=line))
        except self._sql.exc.SQLAlchemyError as error:
            raise self._failure("The vote could not be written to", error) from None

    def read(self) -> VoteLog:
        """Every vote; parsed anew only when there are others. Raises VoteError where the database does not answer."""
        try:
            self._make()
            with self._engine.connect() as connection:
                version = self._count(connection)
                last = self._last
                if last and last[0] == version:
                    return last[1]
                rows = connection.execute(self._sql.select(self._table.c.vote).order_by(self._table.c.number)).scalars()
                votes = [parsed(row) for row in rows]
        except self._sql.exc.SQLAlchemyError as error:
            raise self._failure("No votes can be read from", error) from None
        log = VoteLog(tuple(vote for vote in votes if vote), sum(vote is None for vote in votes))
        self._last = (version, log)
        return log

    def _count(self, connection: Any) -> tuple[int, int]:
        """How many there are, and the newest's number."""
        functions = self._sql.func
        count, newest = connection.execute(
            self._sql.select(functions.count(), functions.coalesce(functions.max(self._table.c.number), 0))
        ).one()
        return count, newest

    def _make(self) -> None:
        """The table, by whichever page comes first."""
        with self._lock:
            if not self._made:
                try:
                    self._table.create(self._engine, checkfirst=True)
                except (self._sql.exc.OperationalError, self._sql.exc.ProgrammingError, self._sql.exc.IntegrityError):
                    if not self._sql.inspect(self._engine).has_table(TABLE):  # another page has made it in this moment
                        raise
                self._made = True

    def _failure(self, what: str, error: Exception) -> VoteError:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return VoteError(VoteFault.UNWRITABLE, f"{what} {self._where} ({said}); mend RAG_VOTES or the database.")
