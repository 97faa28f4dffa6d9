"""A workload on a cluster whose tokens Microsoft accepts, and a trial's secret."""

import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from matchbook_local.emulator.identity.federation import EXCHANGE_AUDIENCE, FederatedIdentity

SECRET = "a-secret~only-for_trials.0123456789"


@dataclass(frozen=True)
class Workload:
    """A Kubernetes service account: whoever holds the cluster's key can say so."""

    issuer: str = "https://oidc.cluster.example/one"
    subject: str = "system:serviceaccount:matchbook:graph-ingestor"
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @property
    def identity(self) -> FederatedIdentity:
        return FederatedIdentity(self.issuer, self.subject, self.key.public_key())

    def token(self, **claims: Any) -> str:
        """A token as the cluster writes it into the file, good for an hour."""
        now = int(time.time())
        usual = {"iss": self.issuer, "sub": self.subject, "aud": [EXCHANGE_AUDIENCE], "iat": now, "exp": now + 3600}
        return jwt.encode(usual | claims, self.key, algorithm="RS256", headers={"kid": "cluster"})


WORKLOAD = Workload()
