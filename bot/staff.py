"""Staff accounts and their signed-in browsers: argon2 hashes, throttled sign-in, hashed tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import anyio.to_thread
from anyio import CapacityLimiter
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case, delete, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.tables import Role, Staff, StaffSession, StaffTerritory
from outreach import clock
from outreach.store import Store
from outreach.tables import Audit, Territory

SESSION_LIFE = timedelta(hours=12)
LOCK_AFTER = 5  # wrong passwords in a row
LOCK_FOR = timedelta(minutes=15)
PASSWORD_MIN = 12  # characters; ANSSI's floor for accounts with throttled sign-in
RANK = {Role.MEDIATOR: 0, Role.COORDINATOR: 1, Role.ADMIN: 2}

_hasher = PasswordHasher()
# Each hash takes 64 MiB and a core: a burst of sign-ins must starve neither.
_two_at_once = CapacityLimiter(2)


class StaffError(ValueError):
    """An account cannot be made as asked; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Member:
    """Who is signed in, as pages need it.

    >>> Member(1, "a@example.org", "Alix", Role.COORDINATOR).may(Role.MEDIATOR)
    True
    """

    id: int
    login: str
    name: str
    role: Role
    languages: tuple[str, ...] = ()

    def may(self, role: Role) -> bool:
        """True when this member may do what `role` may; an admin may all, a coordinator mediate."""
        return RANK[self.role] >= RANK[role]


async def add(
    session: AsyncSession,
    *,
    login: str,
    name: str,
    password: str,
    role: Role = Role.MEDIATOR,
    territories: Iterable[str] = (),
    languages: Iterable[str] = (),
) -> Staff:
    """A new account, looking after the territories with these codes.

    Raises StaffError for a login that exists, a short password or an unknown territory.
    """
    login = login.strip().lower()
    if len(password) < PASSWORD_MIN:
        raise StaffError(f"Le mot de passe doit avoir au moins {PASSWORD_MIN} caractères.")
    if (await session.exec(select(Staff.id).where(Staff.login == login))).first() is not None:
        raise StaffError("Cet identifiant existe déjà.")
    staff = Staff(
        login=login,
        name=name,
        password_hash=await _hash(password),
        role=role.value,
        languages=list(languages),
        created_at=clock.now(),
    )
    session.add(staff)
    await session.flush()
    assert staff.id is not None
    await _assign(session, staff.id, territories)
    session.add(
        Audit(at=clock.now(), actor="service", action="staff.add", subject=f"staff:{staff.id}")
    )
    await session.flush()
    return staff


async def _assign(session: AsyncSession, staff_id: int, codes: Iterable[str]) -> None:
    for code in dict.fromkeys(codes):
        found = (await session.exec(select(Territory.id).where(Territory.code == code))).first()
        if found is None:
            raise StaffError(f"Territoire inconnu : {code}")
        session.add(StaffTerritory(staff_id=staff_id, territory_id=found))
    await session.flush()


async def sign_in(
    store: Store, login: str, password: str, old_token: str | None = None
) -> str | None:
    """A new session token for the right password, or None; `old_token` is forgotten either way.

    None says nothing of the cause: unknown login, wrong password, locked or closed account all
    take the same time and give the same answer.
    """
    async with store.session() as session:
        if old_token is not None:
            await sign_out(session, old_token)
        attempt = await _count_attempt(session, login.strip().lower())
    staff_id, known_hash = attempt if attempt is not None else (None, None)
    right = await _matches(known_hash, password)
    if staff_id is None or known_hash is None or not right:
        return None
    fresh = await _hash(password) if _hasher.check_needs_rehash(known_hash) else None
    async with store.session() as session:
        return await _begin(session, staff_id, fresh)


async def _count_attempt(session: AsyncSession, login: str) -> tuple[int, str] | None:
    """Count an attempt before the password is checked, so that guesses at once cannot pass five.

    One UPDATE, which finds nothing for a locked account; success sets the count back to zero.
    """
    now = clock.now()
    over = col(Staff.locked_until) <= now
    count = case((over, 1), else_=col(Staff.failed_logins) + 1)
    statement = (
        update(Staff)
        .where(col(Staff.login) == login, col(Staff.active))
        .where(or_(col(Staff.locked_until).is_(None), over))
        .values(
            failed_logins=count,
            locked_until=case((count >= LOCK_AFTER, now + LOCK_FOR), else_=None),
        )
        .returning(col(Staff.id), col(Staff.password_hash))
    )
    row = (await session.execute(statement)).first()
    return None if row is None else (row[0], row[1])


async def _begin(session: AsyncSession, staff_id: int, fresh_hash: str | None) -> str:
    """Clear the count, drop what has expired, and keep the hash of a new token."""
    now = clock.now()
    values: dict[str, object] = {"failed_logins": 0, "locked_until": None}
    if fresh_hash is not None:
        values["password_hash"] = fresh_hash
    await session.execute(update(Staff).where(col(Staff.id) == staff_id).values(**values))
    await session.execute(delete(StaffSession).where(col(StaffSession.expires_at) <= now))
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(token_hash=_digest(token), staff_id=staff_id, expires_at=now + SESSION_LIFE)
    )
    session.add(_act("staff.sign_in", staff_id))
    return token


async def sign_out(session: AsyncSession, token: str) -> None:
    """Forget a session; harmless for an unknown token."""
    statement = delete(StaffSession).where(col(StaffSession.token_hash) == _digest(token))
    gone = (await session.execute(statement.returning(col(StaffSession.staff_id)))).scalar()
    if gone is not None:
        session.add(_act("staff.sign_out", gone))


async def who(session: AsyncSession, token: str) -> Member | None:
    """Whose session this is; None when it is unknown, has expired, or the account is closed."""
    statement = (
        select(Staff)
        .join(StaffSession, col(StaffSession.staff_id) == col(Staff.id))
        .where(StaffSession.token_hash == _digest(token))
        .where(col(StaffSession.expires_at) > clock.now(), col(Staff.active))
    )
    staff = (await session.exec(statement)).first()
    if staff is None or staff.id is None:
        return None
    return Member(staff.id, staff.login, staff.name, Role(staff.role), tuple(staff.languages))


def _act(action: str, staff_id: int) -> Audit:
    return Audit(
        at=clock.now(), actor="staff", staff_id=staff_id, action=action, subject=f"staff:{staff_id}"
    )


async def _hash(password: str) -> str:
    return await anyio.to_thread.run_sync(_hasher.hash, password, limiter=_two_at_once)


async def _matches(known_hash: str | None, password: str) -> bool:
    return await anyio.to_thread.run_sync(_verify, known_hash, password, limiter=_two_at_once)


@cache
def _decoy() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def _verify(known_hash: str | None, password: str) -> bool:
    """Check against a decoy for an unknown login, so that the answer takes as long."""
    try:
        return _hasher.verify(known_hash or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
