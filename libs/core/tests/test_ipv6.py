"""Postgres and S3 at an IPv6 address, as URLs write it: postgresql://...@[::1]:5432/f1."""

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import sqlalchemy as sa

from f1_core.postgres import database
from f1_core.store.rawstore import RawStore
from f1_devkit.servers.s3 import S3


@contextmanager
def at_ipv6(port: int) -> Iterator[int]:
    """A port of ::1 that is forwarded to a port of 127.0.0.1."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        threading.Thread(target=_accept, args=(listener, port), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, port: int) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return  # closed: the test is over
        server = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=_forward, args=(client, server), daemon=True).start()


def _forward(client: socket.socket, server: socket.socket) -> None:
    ways = {client: server, server: client}
    with client, server, selectors.DefaultSelector() as selector:
        for one in ways:
            selector.register(one, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                source = key.fileobj
                assert isinstance(source, socket.socket)
                data = source.recv(65536)
                if not data:
                    return
                ways[source].sendall(data)


def test_postgres(database_url: str) -> None:
    url = sa.make_url(database_url)
    assert url.port is not None
    with at_ipv6(url.port) as port:
        text = url.set(host="::1", port=port).render_as_string(hide_password=False)
        assert f"@[::1]:{port}/" in text
        text = text.replace("postgresql+psycopg2://", "postgresql://")
        engine = sa.create_engine(database.sqlalchemy_url(text), poolclass=sa.NullPool)
        with engine.connect() as connection:
            assert database.check_schema(connection)
        with psycopg2.connect(text) as plain, plain.cursor() as cursor:
            cursor.execute("SELECT inet_server_port()")
        plain.close()


def test_s3(s3: S3) -> None:
    with at_ipv6(s3.port) as port:
        settings = s3.settings("f1-over-ipv6").model_copy(
            update={"endpoint": f"http://[::1]:{port}"}
        )
        with RawStore(settings) as store:
            store.create()
            assert list(store.keys("raw/")) == []
