"""A small OpenID provider on loopback: what it says can be made wrong in every way that counts."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from gevent.pywsgi import WSGIServer
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "fs_app", "a secret of the client"


class OpenIdProvider:
    """Whoever comes is signed in as ``claims`` say. ``wrong`` changes claims of the token, ``signed`` how it is
    signed: ``rs256``, ``hs256`` with the client's secret, ``none``, ``stranger`` with another key."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"sub": "u-1", "preferred_username": "maria", "name": "Maria Lopez"}
        self.told_apart: dict[str, Any] | None = None  # by userinfo; None: what the token says
        self.wrong: dict[str, Any] = {}
        self.signed = "rs256"
        self.id_token = True
        self.metadata: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []  # what browsers came with
        self.exchanged: list[dict[str, str]] = []  # what the console came with
        self._codes: dict[str, dict[str, str]] = {}
        self._key = RSAKey.generate_key(2048, {"kid": "one"})
        self._stranger = RSAKey.generate_key(2048, {"kid": "one"})
        self._server = WSGIServer(("127.0.0.1", 0), self._app(), log=None, error_log=None)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/staff"

    @contextmanager
    def serving(self) -> Iterator[OpenIdProvider]:
        """On its port, until the end of the block."""
        self._server.start()
        try:
            yield self
        finally:
            self._server.stop(timeout=1)

    def _app(self) -> Flask:
        app = Flask("provider", static_folder=None)
        app.add_url_rule("/staff/.well-known/openid-configuration", "metadata", self._metadata)
        app.add_url_rule("/staff/authorize", "authorize", self._authorize)
        app.add_url_rule("/staff/token", "token", self._token, methods=["POST"])
        app.add_url_rule("/staff/userinfo", "userinfo", self._userinfo)
        app.add_url_rule("/staff/keys", "keys", lambda: jsonify({"keys": [self._key.as_dict(private=False)]}))
        return app

    def _metadata(self) -> Response:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return jsonify(told | self.metadata)

    def _authorize(self) -> Response:
        asked = request.args.to_dict()
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"]}
        return redirect(f"{asked['redirect_uri']}?{urlencode(back)}")  # type: ignore[return-value]

    def _token(self) -> tuple[Response, int] | Response:
        given = request.form.to_dict()
        self.exchanged.append(given)
        asked = self._codes.pop(given.get("code", ""), None)
        who = request.authorization
        proof = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        good = (
            asked is not None
            and (who.username, who.password) == (CLIENT, SECRET)  # type: ignore[union-attr]
            and proof.rstrip(b"=").decode() == asked["code_challenge"]
            and given["redirect_uri"] == asked["redirect_uri"]
        )
        if not good or asked is None:
            return jsonify({"error": "invalid_grant"}), 400
        told = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 60}
        if self.id_token:
            told["id_token"] = self._signed(asked["nonce"])
        return jsonify(told)

    def _signed(self, nonce: str) -> str:
        now = int(time.time())
        own = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {name: value for name, value in (own | self.claims | self.wrong).items() if value is not None}
        match self.signed:
            case "hs256":
                return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET))
            case "none":
                token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)
                head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
                return f"{head}.{token.split('.')[1]}."
            case "stranger":
                return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._stranger)
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)

    def _userinfo(self) -> Response:
        return jsonify(self.claims if self.told_apart is None else self.told_apart)
