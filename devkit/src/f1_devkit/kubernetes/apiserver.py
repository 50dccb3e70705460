"""A real kube-apiserver on the loopback address, with only etcd.

For tests of an operator's use of the API: resources and their rules, watches, conflicts, RBAC.
Without controllers and nodes, a Job gets no pods, and a deleted namespace stays. Built from source
by `make kube`.
"""

import secrets
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from f1_core.errors import F1Error
from f1_devkit.kubernetes import programs
from f1_devkit.kubernetes.kubectl import Kubectl
from f1_devkit.servers.child import Child
from f1_devkit.servers.ports import LOOPBACK, free_port
from f1_devkit.servers.startable import Startable

_BUILD = "make kube"


class ApiServer(Startable):
    """etcd and kube-apiserver in one folder; they start in a few seconds.

    with ApiServer(Path(".cache/apiserver")) as server:
        server.kubectl().apply(Path("operator/crd/season.yaml"))
        subprocess.run(["f1-operator", "run"], env={"KUBECONFIG": str(server.kubeconfig)})
    """

    def __init__(self, directory: Path) -> None:
        """Prepare both; nothing is started yet.

        Raises:
            MissingProgram: they are not built; has the command.
        """
        self.directory = directory.absolute()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.kubeconfig = self.directory / "kubeconfig"
        self.port = free_port()
        self._token = secrets.token_urlsafe(24)
        self._etcd_port = free_port()
        self._etcd = Child("etcd", self._etcd_command(), directory=self.directory)
        self._server = Child("kube-apiserver", self._server_command(), directory=self.directory)

    @property
    def url(self) -> str:
        """The apiserver's address."""
        return f"https://{LOOPBACK}:{self.port}"

    def kubectl(self, namespace: str = "default") -> Kubectl:
        """A kubectl with all permissions."""
        return Kubectl(self.kubeconfig, namespace)

    def start(self, timeout: float = 180.0) -> None:
        """Start both and wait until the apiserver responds.

        Raises:
            ChildFailed: one ended, or did not respond in `timeout` seconds; shows its log.
        """
        self._make_key()
        (self.directory / "tokens").write_text(f"{self._token},admin,admin,system:masters\n")
        try:
            self._etcd.start()
            self._start_server(timeout)
        except BaseException:
            self.stop()
            raise
        self.kubeconfig.write_text(self._kubeconfig())

    def stop(self) -> None:
        """Stop both."""
        self._server.stop(timeout=5)
        self._etcd.stop()

    def stop_server(self) -> None:
        """Stop only the apiserver, as in an outage. Its data stay."""
        self._server.kill()

    def start_server(self, timeout: float = 180.0) -> None:
        """Start it again, at the same address."""
        self._start_server(timeout)

    def _start_server(self, timeout: float) -> None:
        self._server.start()
        deadline = time.monotonic() + timeout
        while not self._answers():
            for child in (self._etcd, self._server):
                if not child.running:
                    raise child.failed("ended")
            if time.monotonic() > deadline:
                raise self._server.failed(f"was not ready within {timeout:g} s")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            # The server generates its certificate at its first start.
            context = ssl.create_default_context(cafile=str(self._certificate))
            request = urllib.request.Request(  # noqa: S310 - loopback
                f"{self.url}/readyz", headers={"Authorization": f"Bearer {self._token}"}
            )
            urllib.request.urlopen(request, timeout=5, context=context).close()  # noqa: S310
        except OSError:  # refused, not ready (an HTTPError is one too), no certificate yet
            return False
        return True

    @property
    def _certificate(self) -> Path:
        return self.directory / "certificates" / "apiserver.crt"

    @property
    def _keys(self) -> tuple[Path, Path]:
        return self.directory / "accounts.key", self.directory / "accounts.pub"

    def _etcd_command(self) -> list[str | Path]:
        client = f"http://{LOOPBACK}:{self._etcd_port}"
        peer = f"http://{LOOPBACK}:{free_port()}"
        return [
            programs.find("etcd", _BUILD),
            *("--data-dir", self.directory / "etcd"),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}"),
            *("--log-level", "warn", "--unsafe-no-fsync"),
        ]

    def _server_command(self) -> list[str | Path]:
        key, public = self._keys
        return [
            programs.find("kube-apiserver", _BUILD),
            f"--etcd-servers=http://{LOOPBACK}:{self._etcd_port}",
            f"--bind-address={LOOPBACK}",
            f"--advertise-address={LOOPBACK}",
            f"--secure-port={self.port}",
            f"--cert-dir={self._certificate.parent}",
            f"--token-auth-file={self.directory / 'tokens'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={public}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.96.0.0/24",
            # It would wait for an account, which a controller creates.
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged",
        ]

    def _make_key(self) -> None:
        """Generate the keys that sign and verify tokens of service accounts."""
        key, public = self._keys
        openssl = shutil.which("openssl")
        if openssl is None:
            raise F1Error("openssl is not installed: it makes the key of the test's apiserver")
        algorithm = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        for command in (
            ["genpkey", *algorithm, "-out", str(key)],
            ["pkey", "-in", str(key), "-pubout", "-out", str(public)],
        ):
            subprocess.run([openssl, *command], check=True, capture_output=True)  # noqa: S603

    def _kubeconfig(self) -> str:
        return f"""\
apiVersion: v1
kind: Config
current-context: test
contexts: [{{name: test, context: {{cluster: test, user: admin}}}}]
clusters:
  - name: test
    cluster: {{server: "{self.url}", certificate-authority: "{self._certificate}"}}
users: [{{name: admin, user: {{token: "{self._token}"}}}}]
"""
