from types import SimpleNamespace

import pytest

from metaan.errors import UsageError
from metaan.sources.net.settings import Settings, settings


def test_the_environment_wins_over_the_review_which_wins_over_the_defaults():
    services = {"pubmed_url": "http://file.example/x", "email": "file@example.org"}
    found = settings({"METAAN_PUBMED_URL": "http://127.0.0.1:1/eutils", "METAAN_CTGOV_URL": " "}, services)
    assert found.pubmed_url == "http://127.0.0.1:1/eutils/"
    assert found.email == "file@example.org"
    assert found.ctgov_url == Settings().ctgov_url


def test_services_may_be_an_object_and_name_the_variable_of_the_key():
    services = SimpleNamespace(api_key_env="NCBI_KEY_OF_THE_GROUP", pubmed_url=None)
    assert settings({"NCBI_KEY_OF_THE_GROUP": "k1"}, services).api_key == "k1"
    assert settings({"NCBI_KEY_OF_THE_GROUP": "k1", "NCBI_API_KEY": "k2"}, services).api_key == "k2"


def test_somebody_elses_review_cannot_send_any_secret():
    with pytest.raises(UsageError, match=r"AWS_SECRET.*begins with NCBI_ or METAAN_"):
        settings({"AWS_SECRET": "x"}, {"api_key_env": "AWS_SECRET"})


@pytest.mark.parametrize(
    "url", ["ftp://x/", "localhost:80", "http://", "http://u:p@x/", "http://x/?a=b", "file:///etc", "http://[::1"]
)
def test_a_base_url_has_to_be_one(url):
    with pytest.raises(UsageError, match="METAAN_PUBMED_URL"):
        settings({"METAAN_PUBMED_URL": url})


def test_an_address_has_no_blank():
    with pytest.raises(UsageError, match="METAAN_EMAIL"):
        settings({"METAAN_EMAIL": "a b@example.org"})


def test_the_key_does_not_show():
    assert "secret" not in repr(Settings(api_key="secret", email="secret@example.org"))
