"""The issuer over HTTP: discovery, keys, the page that asks who you are, and the token endpoint."""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from addin.sandbox import people
from addin.sandbox.issuer.bearer import BadToken, Bearer
from addin.sandbox.issuer.conditions import Conditions
from addin.sandbox.issuer.credentials import Credentials, UnknownClient
from addin.sandbox.issuer.keys import SigningKeys
from addin.sandbox.issuer.tokens import LIFETIME_SECONDS, Claims
from addin.sandbox.people import PEOPLE, Person
from addin.sandbox.shelf import Json

CODE_SECONDS: Final = 600
ON_BEHALF_OF: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
CLIENTS: Final = frozenset({people.WEB_CLIENT, people.PANE_CLIENT})


@dataclass(frozen=True)
class Grant:
    """What a code may be exchanged for."""

    person: Person
    client: str
    redirect_uri: str
    challenge: str
    nonce: str | None
    scope: str
    ends: float


class OAuthError(Exception):
    """An error that OAuth 2.0 gives a name (RFC 6749, section 5.2)."""

    def __init__(self, code: str, description: str, status: int = 400, more: Json | None = None) -> None:
        super().__init__(code)
        self.code, self.description, self.status, self.more = code, description, status, more or {}


class Issuer:
    """Answers requests to `/<tenant>/`. Every code can be used once, within ten minutes."""

    def __init__(
        self, claims: Claims, keys: SigningKeys, credentials: Credentials, conditions: Conditions, base: str
    ) -> None:
        self._claims, self._keys, self._credentials, self._base = claims, keys, credentials, base
        self._conditions = conditions
        self._bearer = Bearer(keys, claims)
        self._grants: dict[str, Grant] = {}

    def blueprint(self) -> Blueprint:
        """Return the routes of both tenants; only ours lets anybody sign in."""
        routes = Blueprint(
            "issuer", __name__, url_prefix="/<any(tenants):tenant>".replace("tenants", _TENANTS)
        )
        routes.add_url_rule("/v2.0/.well-known/openid-configuration", view_func=self.configuration)
        routes.add_url_rule("/discovery/v2.0/keys", view_func=self.keys)
        routes.add_url_rule("/discovery/keys", view_func=self.keys, endpoint="keys_version_1")
        routes.add_url_rule("/oauth2/v2.0/authorize", view_func=self.ask, methods=["GET"])
        routes.add_url_rule("/oauth2/v2.0/authorize", view_func=self.sign_in, methods=["POST"])
        routes.add_url_rule("/oauth2/v2.0/token", view_func=self.token, methods=["POST"])
        return routes

    def configuration(self, tenant: str) -> Response:
        """Return OpenID Connect Discovery's document."""
        root = f"{self._base}/{tenant}"
        return jsonify(
            issuer=self._claims.issuer(tenant),
            authorization_endpoint=f"{root}/oauth2/v2.0/authorize",
            token_endpoint=f"{root}/oauth2/v2.0/token",
            jwks_uri=f"{root}/discovery/v2.0/keys",
            response_types_supported=["code"],
            response_modes_supported=["query"],
            grant_types_supported=["authorization_code", "client_credentials", ON_BEHALF_OF],
            subject_types_supported=["pairwise"],
            id_token_signing_alg_values_supported=["RS256"],
            code_challenge_methods_supported=["S256"],
            token_endpoint_auth_methods_supported=[
                "client_secret_post",
                "client_secret_basic",
                "private_key_jwt",
                "none",
            ],
            scopes_supported=["openid", "profile", "email", "offline_access"],
        )

    def keys(self, tenant: str) -> Response:  # noqa: ARG002 - Entra's keys are the same for all tenants
        """Return the published keys."""
        return jsonify(self._keys.published())

    def ask(self, tenant: str) -> AnyResponse | tuple[str, int]:
        """Show whom one can be; a request that is wrong in itself never leaves this page."""
        fault = _fault_of_request(request.args, tenant)
        if fault:
            return render_template("sign_in_refused.html", reason=fault, back=None), 400
        error = _error_for_client(request.args)
        if error:
            return _back(request.args, {"error": "invalid_request", "error_description": error})
        return Response(
            render_template(
                "sign_in.html", staff=people.STAFF, outsiders=people.OUTSIDERS, query=request.args
            )
        )

    def sign_in(self, tenant: str) -> AnyResponse | tuple[str, int]:
        """Take the choice and send the browser back with a code."""
        fault = _fault_of_request(request.form, tenant) or _error_for_client(request.form)
        person = PEOPLE.get(request.form.get("object_id", ""))
        if fault or person is None:
            return render_template("sign_in_refused.html", reason=fault or "Okänd person.", back=None), 400
        if person.tenant != tenant:
            # Entra shows AADSTS50020 on its own page: the application never hears of it.
            query = {name: value for name, value in request.form.items() if name != "object_id"}
            reason = f"{person.name} finns inte i regionens katalog (AADSTS50020)."
            return render_template("sign_in_refused.html", reason=reason, back=f"?{urlencode(query)}"), 403
        code = secrets.token_urlsafe(32)
        self._grants[code] = _grant(person, request.form)
        return _back(request.form, {"code": code})

    def token(self, tenant: str) -> AnyResponse:
        """Exchange a code, an application's credential or a person's token for tokens."""
        grants = {
            "authorization_code": self._redeem,
            "client_credentials": self._application,
            ON_BEHALF_OF: self._on_behalf_of,
        }
        try:
            client = self._client(tenant)
            grant = grants.get(request.form.get("grant_type", "")) if tenant == people.TENANT else None
            answer = jsonify(grant(client)) if grant else _unsupported()
        except OAuthError as error:
            answer = jsonify({**error.more, "error": error.code, "error_description": error.description})
            answer.status_code = error.status
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _client(self, tenant: str) -> str:
        try:
            return self._credentials.client(f"{self._base}/{tenant}/oauth2/v2.0/token")
        except UnknownClient as fault:
            raise OAuthError("invalid_client", str(fault), 401) from fault

    def _redeem(self, client: str) -> Json:
        grant = self._grants.pop(request.form.get("code", ""), None)
        if grant is None or grant.ends < time.time():
            raise OAuthError("invalid_grant", "AADSTS70008: the code has been used or is too old.")
        if grant.client != client or grant.redirect_uri != request.form.get("redirect_uri"):
            raise OAuthError("invalid_grant", "AADSTS50011: the code was given to another client or address.")
        if not hmac.compare_digest(_challenge(request.form.get("code_verifier", "")), grant.challenge):
            raise OAuthError("invalid_grant", "AADSTS501481: the code verifier does not match.")
        identity = self._claims.identity(grant.person, client, grant.nonce)
        access = self._claims.access(grant.person, None, client=client)
        return _bearer(self._keys.sign(access)) | {
            "id_token": self._keys.sign(identity),
            "scope": grant.scope,
        }

    def _application(self, client: str) -> Json:
        if client in people.PUBLIC_CLIENTS:
            raise OAuthError("invalid_client", "AADSTS7000218: a secret is required.", 401)
        resource, _, default = request.form.get("scope", "").rpartition("/")
        audiences = {people.GRAPH_AUDIENCE: people.GRAPH_AUDIENCE, people.API_URI: people.API_CLIENT}
        if default != ".default" or resource not in audiences:
            raise OAuthError("invalid_scope", "AADSTS70011: the scope must be a resource and /.default.")
        return _bearer(self._keys.sign(self._claims.application(client, audiences[resource])))

    def _on_behalf_of(self, client: str) -> Json:
        """Give a service a token for Graph in the name of the person whose token it has got."""
        if request.form.get("requested_token_use") != "on_behalf_of":
            raise OAuthError("invalid_request", "AADSTS900144: requested_token_use must be on_behalf_of.")
        if f"{people.GRAPH_AUDIENCE}/.default" not in request.form.get("scope", "").split():
            raise OAuthError("invalid_scope", "AADSTS70011: the scope must be Graph and /.default.")
        try:
            claims = self._bearer.claims(f"Bearer {request.form.get('assertion', '')}", client)
        except BadToken as fault:
            raise OAuthError(
                "invalid_grant", "AADSTS50013: the assertion is not for this application."
            ) from fault
        if refusal := self._conditions.refusal(claims):
            raise OAuthError(refusal["error"], refusal["error_description"], more=refusal)
        access = self._claims.access(PEOPLE[claims["oid"]], people.GRAPH_AUDIENCE, client=client)
        return _bearer(self._keys.sign(access)) | {"scope": access["scp"]}


_TENANTS = f"'{people.TENANT}', '{people.OTHER_TENANT}'"


def _unsupported() -> Response:
    raise OAuthError("unsupported_grant_type", "AADSTS70003: the grant type is not supported.")


def _bearer(token: str) -> Json:
    return {"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "access_token": token}


def _fault_of_request(query: MultiDict[str, str], tenant: str) -> str | None:
    """Say in Swedish why a request must not be sent back to anybody, or None."""
    if tenant != people.TENANT:
        return "Den här katalogen har ingen inloggning i sandlådan."
    if query.get("client_id") not in CLIENTS:
        return "Programmet är inte registrerat (AADSTS700016)."
    address = urlsplit(query.get("redirect_uri", ""))
    # Like Entra for loopback addresses, any port will do; any other host would have to be registered.
    if address.scheme not in {"http", "https"} or address.hostname not in LOOPBACK or address.fragment:
        return "Återvändsadressen är inte registrerad (AADSTS50011)."
    return None


def _error_for_client(query: MultiDict[str, str]) -> str | None:
    if query.get("response_type") != "code":
        return "response_type must be code"
    if query.get("response_mode", "query") != "query":
        return "response_mode must be query"
    if "openid" not in query.get("scope", "").split():
        return "scope must hold openid"
    if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
        return "PKCE with S256 is required"
    return None


def _back(query: MultiDict[str, str], answer: dict[str, str]) -> AnyResponse:
    if "state" in query:
        answer["state"] = query["state"]
    address = query["redirect_uri"]
    return redirect(f"{address}{'&' if '?' in address else '?'}{urlencode(answer)}", 303)


def _grant(person: Person, form: MultiDict[str, str]) -> Grant:
    return Grant(
        person=person,
        client=form["client_id"],
        redirect_uri=form["redirect_uri"],
        challenge=form["code_challenge"],
        nonce=form.get("nonce"),
        scope=form["scope"],
        ends=time.time() + CODE_SECONDS,
    )


def _challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
