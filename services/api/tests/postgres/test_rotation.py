"""The database's password is replaced while the API runs."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from f1_api.postgres import pool


def test_a_new_connection_uses_the_current_secret(
    database_url: str, engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"rotated_{sa.make_url(database_url).database}"
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE ROLE {role} LOGIN PASSWORD 'a b/c'"))
    rotated = sa.make_url(database_url).set(username=role, password="a b/c")
    (tmp_path / "F1_DATABASE_URL").write_text(rotated.render_as_string(hide_password=False))
    monkeypatch.delenv("F1_DATABASE_URL", raising=False)
    monkeypatch.setenv("F1_SECRETS_DIR", str(tmp_path))
    connection = pool.connect(database_url, "test", timeout_s=5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (role,)
    connection.close()
    with engine.begin() as owner:
        owner.execute(sa.text(f"DROP ROLE {role}"))
