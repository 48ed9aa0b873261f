"""What a scenario plays on: sites of its storage, the machines below them, and chance from one seed.

The workshop holds what is slow to make and shared by all scenarios of a run; each scenario has a stage of its own.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from functools import cached_property
from pathlib import Path

from tests.faults.client import Client
from tests.faults.machines import Machine, Postgres, Redis
from tests.faults.site import Process, Site

PATIENT = {"VANISHED_AFTER_SECONDS": "600"}
"""The clients of most scenarios send no heartbeats, and would count as vanished."""


class Workshop:
    """Made once for all scenarios: a prepared site, a PostgreSQL, a Redis. Close it at the end."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hotline-faults-"))
        self.machines: list[Machine] = []
        self.shared: Process | None = None
        """A server on SQLite that short forms share."""

    @cached_property
    def prepared(self) -> Site:
        """A site that is only copied from: preparing takes seconds."""
        return Site(self.folder / "prepared").prepare()

    @cached_property
    def postgres(self) -> Postgres:
        """A PostgreSQL that scenarios may stop, if they start it again."""
        self.machines.append(Postgres())
        return self.machines[-1]

    @cached_property
    def prepared_database(self) -> str:
        """The name of a database with tables and demo accounts, to be copied."""
        name = self.postgres.new_database()
        site = Site(self.folder / "prepared-postgres", DATABASE_URL=self.postgres.address(name))
        site.prepare_like(self.prepared, database=False)
        return name

    @cached_property
    def redis(self) -> Redis:
        """A Redis that scenarios may stop, if they start it again."""
        self.machines.append(Redis())
        return self.machines[-1]

    def set_right(self) -> None:
        """Whatever a scenario left stopped or held runs again."""
        for machine in self.machines:
            machine.let_go()
            if not machine.runs:
                machine.start()

    def close(self) -> None:
        """End all of it."""
        if self.shared is not None:
            self.shared.site.stop()
        for machine in self.machines:
            machine.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


class Stage:
    """One scenario's own.

    Attributes:
        storage: "sqlite" or "postgresql", with "+redis" for the layer between several processes.
        chance: every random choice of the scenario comes from here.
        short: whether this is the short form; for choices that a number of rounds does not express.
    """

    def __init__(self, workshop: Workshop, storage: str, chance: random.Random, *, short: bool) -> None:
        self.workshop, self.storage, self.chance, self.short = workshop, storage, chance, short
        self.folder = Path(tempfile.mkdtemp(prefix="stage-", dir=workshop.folder))
        self.database = ""
        """The name of the PostgreSQL database of the last site."""
        self.databases: list[str] = []
        """Of all its sites; they go with the stage: a standby copies whatever is there."""
        self.sites: list[Site] = []
        self.machines: list[Machine] = []

    @property
    def postgres(self) -> Postgres:
        """The PostgreSQL below the site."""
        return self.workshop.postgres

    @property
    def redis(self) -> Redis:
        """The Redis below the site."""
        return self.workshop.redis

    def own(self, machine: Machine) -> Machine:
        """A machine of this scenario alone; it ends with it."""
        self.machines.append(machine)
        return machine

    def site(self, **variables: str) -> Site:
        """A site on this scenario's storage; nothing serves yet."""
        found = dict(PATIENT)
        database, _, layer = self.storage.partition("+")
        if layer:
            found["REDIS_URL"] = self.redis.address
        if database == "postgresql":
            self.database = self.postgres.new_database(self.workshop.prepared_database)
            self.databases.append(self.database)
            found["DATABASE_URL"] = self.postgres.address(self.database)
        folder = self.folder / f"site-{len(self.sites)}"
        site = Site(folder, **{**found, **variables})
        self.sites.append(site)
        if database == "postgresql":
            return site.borrow(self.workshop.prepared)
        return site.prepare_like(self.workshop.prepared, database=True)

    def seconds(self, full: float, short: float) -> float:
        """So long in the full form, and so long in the short one."""
        return short if self.short else full

    def servers(self) -> list[Process]:
        """The processes of a site. On SQLite, short forms share one: nothing may be done to it or to its files."""
        if not self.short or self.storage != "sqlite":
            return self.serve(self.site())
        if self.workshop.shared is None:
            site = Site(self.workshop.folder / "shared", **PATIENT)
            self.workshop.shared = site.prepare_like(self.workshop.prepared, database=True).start()
        return [self.workshop.shared]

    def serve(self, site: Site, processes: int = 0, **options: str) -> list[Process]:
        """Start a site: one process, or two where a layer joins them. For ``options`` see :class:`Process`."""
        return [site.start(**options) for _ in range(processes or (2 if "+" in self.storage else 1))]

    async def close(self) -> None:
        """End sockets and processes; set the shared machines right."""
        for client in Client.opened:
            await client.drop()
        Client.opened.clear()
        for site in self.sites:
            site.stop()
        for machine in self.machines:
            machine.remove()
        self.workshop.set_right()
        for name in self.databases:
            self.postgres.drop(name)
        shutil.rmtree(self.folder, ignore_errors=True)
