import contextlib
import itertools
import socketserver
import threading

import pytest

from metaan.errors import SourceError
from metaan.sources.net.answers import SIGNS, ServiceAnswer, UnreadableError, classify
from metaan.sources.net.client import RefusedError
from metaan.sources.net.exchange import Policy, redact
from metaan.sources.net.services import client_for
from metaan.sources.net.settings import Settings
from metaan.sources.pubmed.service import read_articles
from tests.server.eutils import Eutils
from tests.server.faults import FAULTS, FINAL, HARMLESS, LIES, Reply
from tests.server.papers import FOOT, HEAD

BODY = HEAD + FOOT


def sound(body=BODY, **more):
    return Reply(200, "text/xml", body, **more)


def test_every_fault_that_shows_is_classified_and_no_sound_answer_is():
    assert classify(ServiceAnswer(200, "text/xml", BODY, "u")) is None
    for name, spoil in FAULTS.items():
        reply = spoil(sound())
        if reply.body != BODY and name not in {*LIES, *HARMLESS, "half", "half gzip", "corrupt bytes"}:
            found = classify(ServiceAnswer(reply.status, reply.kind, reply.body, "u"))
            assert found is not None, name
            assert (found[1] == "refused") == (name in FINAL), name


@pytest.mark.parametrize(
    ("body", "sign"),
    [
        (b'{"error":"API rate limit exceeded","count":"4"}', "asked too often"),
        (b'{"esearchresult":{"ERROR":"Unable to obtain query #1"}}', "the session is lost"),
        (
            b'{"esearchresult":{"ERROR":"Search Backend failed: \'retstart\' cannot be larger than 9998."}}',
            "the request is not allowed",
        ),
        (b"<eFetchResult><ERROR>Empty result - nothing todo</ERROR></eFetchResult>", "the session is lost"),
        (b"<eFetchResult> <ERROR>anything else</ERROR></eFetchResult>", "an error inside the answer"),
    ],
)
def test_errors_inside_http_200_are_told_apart(body, sign):
    name, verdict = classify(ServiceAnswer(200, "text/xml", body, "u"))
    assert name == sign
    assert SIGNS[name].verdict == verdict


@pytest.mark.parametrize(
    "body",
    [
        b"<PubmedArticleSet><T>ERROR: API rate limit exceeded, Unable to obtain query</T></PubmedArticleSet>",
        rb'{"esearchresult":{"idlist":[],"errorlist":{},"querytranslation":"\"ERROR\":\"Unable to obtain query\""}}',
    ],
)
def test_words_that_quote_an_error_are_no_error(body):
    assert classify(ServiceAnswer(200, "text/xml", body, "u")) is None


def test_pauses_double_and_end(server, make_client, time):
    server.reset(["bad gateway"] * 6)
    with pytest.raises(RefusedError, match=r"6 attempts.*HTTP 502") as raised:
        make_client(server.url).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert raised.value.verdict == "transient"
    assert [pause for pause in time.sleeps if pause >= 1] == [1, 2, 4, 8, 16]
    assert len(server.calls) == 6


def test_the_budget_ends_it_earlier(server, make_client):
    server.reset(["bad gateway"] * 6)
    with pytest.raises(SourceError, match="3 attempts"):
        make_client(server.url, Policy(budget_seconds=5)).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)


def test_what_the_service_asks_for_is_waited_within_reason(server, make_client, time):
    long = Reply(429, "text/plain", b"x", {"Retry-After": "99999"})
    server.reset(["asked too often, wait", long])
    make_client(server.url, Policy(budget_seconds=1e6)).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert max(time.sleeps) == 120
    assert 7 in time.sleeps


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "0"}, 1.0),
        ({"X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "1"}, 0.4),
        ({"x-rate-limit-limit": "1", "x-rate-limit-interval": "1s"}, 1.0),
        ({"x-rate-limit-limit": "50", "x-rate-limit-interval": "1s"}, 0.4),
        ({"x-rate-limit-limit": "1", "x-rate-limit-interval": "999999s"}, 5.0),
        ({"x-rate-limit-limit": "0", "x-rate-limit-interval": "soon", "X-RateLimit-Remaining": "-1"}, 0.4),
    ],
)
def test_what_the_headers_say_of_limits_is_kept_before_anybody_complains(server, make_client, time, headers, waited):
    client = make_client(server.url)
    server.reset([Reply(200, "text/xml", BODY, headers)])
    for _ in range(2):
        client.ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert time.sleeps == [pytest.approx(waited)]


@pytest.mark.parametrize("asked", ["-1", "soon", "1e9", "Wed, 21 Oct 2026 07:28:00 GMT", "٣", "9" * 400])
def test_a_strange_wish_is_no_wish(server, make_client, time, asked):
    server.reset([Reply(503, "text/plain", b"x", {"Retry-After": asked.encode().decode("latin-1")})])
    make_client(server.url).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert max(time.sleeps) == 1


def test_every_attempt_passes_the_limiter(server, make_client, time):
    server.reset(["reset", "reset", None])
    client = make_client(server.url, Policy(first_pause=0.0))
    client.ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert time.now == pytest.approx(0.8)


def test_what_follows_a_redirect_passes_the_limiter(server, make_client, time):
    server.reset([Reply(301, "text/html", b"", {"Location": "efetch.fcgi"})])
    make_client(server.url).ask("old.fcgi", {"db": "pubmed"}, read_articles)
    assert len(server.calls) == 2
    assert time.now == pytest.approx(0.4)


def test_being_asked_too_often_holds_all_callers_back(server, make_client, time):
    server.reset(["asked too often"])
    client = make_client(server.url, Policy(first_pause=0.001))
    client.ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert time.now >= 1.0


def test_a_refusal_is_final(server, make_client):
    server.reset(["refused"])
    with pytest.raises(RefusedError, match="Invalid db name"):
        make_client(server.url).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert len(server.calls) == 1


def test_neither_key_nor_address_nor_query_is_in_a_message(server, make_client):
    said = []
    identity = {"api_key": "secret-key", "email": "me+x@example.org"}
    client = make_client(server.url, identity=identity, secrets=tuple(identity.values()), notice=said.append)
    echo = Reply(502, "text/plain", b"GET /?api_key=secret-key&email=me%2Bx%40example.org&term=1")
    server.reset([echo, "reset", "bad key"])
    with pytest.raises(SourceError) as raised:
        client.ask("efetch.fcgi", {"db": "pubmed", "term": "secret-key"}, read_articles)
    assert server.calls[0].params["api_key"] == "secret-key"
    assert len(said) == 2
    for message in (*said, str(raised.value)):
        assert "secret-key" not in message
        assert "example.org" not in message


def test_no_half_of_a_key_is_left_where_a_quotation_ends(server, make_client):
    server.reset([Reply(400, "text/plain", b"x" * 110 + b"abcdefghijklmnopqrstuvwxyz")])
    with pytest.raises(SourceError) as raised:
        make_client(server.url, secrets=("abcdefghijklmnopqrstuvwxyz", "")).ask("x.fcgi", {}, read_articles)
    assert "abc" not in str(raised.value)
    assert redact("nothing", ("",)) == "nothing"


def test_nobody_there_is_said_soon_and_without_the_query(make_client, time):
    with Eutils() as gone:
        url = gone.url
    with pytest.raises(
        SourceError, match=r"PubMed: http://127.0.0.1:\d+/entrez/eutils/esearch.fcgi failed \(3 att.*nobody"
    ):
        make_client(url, identity={"api_key": "secret-key"}).ask("esearch.fcgi", {"db": "pubmed"}, read_articles)
    assert sum(time.sleeps) < 5


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_stay_on_the_host(server, make_client, status):
    server.reset([Reply(status, "text/html", b"", {"Location": "/entrez/eutils/efetch.fcgi?db=other"})])
    client = make_client(server.url, identity={"api_key": "k"})
    assert client.ask("old.fcgi", {"db": "pubmed"}, read_articles, form=True) == ()
    assert [(call.path, call.method) for call in server.calls] == [("old.fcgi", "POST"), ("efetch.fcgi", "POST")]


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:9/x", "https://evil.example/", "//evil.example/x", "file:///etc/passwd"]
)
def test_redirects_to_another_host_are_refused(server, make_client, target):
    server.reset([Reply(302, "text/html", b"", {"Location": target})])
    with pytest.raises(SourceError, match="redirects to another host"):
        make_client(server.url).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert len(server.calls) == 1


@pytest.mark.parametrize("target", ["http://[::1", "//[", "http://[v1.x]y/"])
def test_redirects_to_no_address_are_refused(server, make_client, target):
    server.reset([Reply(302, "text/html", b"", {"Location": target})])
    with pytest.raises(SourceError, match="redirects to"):
        make_client(server.url).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_body_of_a_redirect_is_not_read(server, make_client, status):
    sent = itertools.count()

    def flood():
        while True:
            next(sent)
            yield b"x" * (1 << 16)

    where = {"Location": "/entrez/eutils/efetch.fcgi"}
    server.reset([Reply(status, "text/html", b"", where, flood=flood)])
    assert make_client(server.url).ask("efetch.fcgi", {"db": "pubmed"}, read_articles) == ()
    assert next(sent) < 200


def test_redirects_in_a_circle_end(server, make_client):
    server.reset([Reply(302, "text/html", b"", {"Location": "efetch.fcgi"})] * 10)
    with pytest.raises(SourceError, match="more than 3 times"):
        make_client(server.url).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)


def test_an_endless_answer_is_cut_off(server, make_client):
    sent = itertools.count()
    piece = b"<x/>" * 16_000

    def flood():
        yield HEAD
        while True:
            next(sent)
            yield piece

    server.reset([sound(flood=flood)])
    with pytest.raises(SourceError, match="larger than 64 MB"):
        make_client(server.url).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    assert next(sent) < 2_000
    assert len(server.calls) == 1


def test_a_packed_flood_is_cut_off(server, make_client):
    import gzip

    packed = gzip.compress(b" " * (8 << 20))
    server.reset([sound(packed, headers={"Content-Encoding": "gzip"})])
    with pytest.raises(SourceError, match="larger than 1 MB"):
        make_client(server.url, Policy(answer_bytes=1 << 20)).ask("efetch.fcgi", {"db": "pubmed"}, read_articles)


def test_a_drip_is_not_waited_for(server, make_client, time):
    time.tick = 1.0
    server.reset([sound(BODY * 40, drip=0.002)])
    assert make_client(server.url, Policy(answer_seconds=10)).ask("efetch.fcgi", {"db": "pubmed"}, read_articles) == ()
    assert len(server.calls) == 2


class DrippingHeaders(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError):
            self.request.sendall(b"HTTP/1.1 200 OK\r\n")
            while not self.server.over.wait(0.01):
                self.request.sendall(b"X: y\r\n")


def test_headers_that_never_end_are_not_waited_for(make_client):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), DrippingHeaders) as server:
        server.daemon_threads = True
        server.over = threading.Event()
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        client = make_client(f"http://127.0.0.1:{server.server_address[1]}/", Policy(0.1, 5, 0.1, tries=2))
        with pytest.raises(SourceError, match=r"2 attempts.*no complete answer within 0\.2 s"):
            client.ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
        server.over.set()
        server.shutdown()


def test_a_long_query_goes_as_a_form(server, make_client):
    client = make_client(server.url)
    client.ask("efetch.fcgi", {"db": "pubmed", "id": "1"}, read_articles)
    client.ask("efetch.fcgi", {"db": "pubmed", "id": ",".join(["900000001"] * 300)}, read_articles)
    assert [call.method for call in server.calls] == ["GET", "POST"]
    assert all(len(call.target) < 2_000 for call in server.calls)


def test_what_cannot_be_read_is_asked_for_again(server, make_client):
    answers = iter([UnreadableError("odd"), None])

    def read(answer):
        if error := next(answers):
            raise error
        return answer.status

    assert make_client(server.url).ask("efetch.fcgi", {"db": "pubmed"}, read) == 200
    assert len(server.calls) == 2


def test_the_identity_sets_the_pace_and_goes_along(server):
    client = client_for("pubmed", Settings(pubmed_url=server.url, api_key="k", email="me@example.org"))
    client.ask("efetch.fcgi", {"db": "pubmed"}, read_articles)
    params = server.calls[0].params
    assert (params["tool"], params["email"], params["api_key"]) == ("metaan", "me@example.org", "k")
    assert server.calls[0].agent == "metaan"
    assert client_for("pubmed", Settings(api_key="k")).endpoint.limiter.rate == 8.0
    assert client_for("pubmed", Settings()).endpoint.limiter.rate == 2.5


def test_the_double_enforces_its_pace():
    with Eutils(rate=3) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.server.service.time.monotonic", lambda: 5.0)
        replies = [server.reply("GET", "/efetch.fcgi?db=pubmed", "", "") for _ in range(4)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert "Retry-After" not in replies[-1].headers
