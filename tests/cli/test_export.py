"""`metaan export`: the ZIP, or the R script alone."""

from zipfile import ZipFile

from metaan.report.writers.bundle import archive


def test_it_writes_the_zip_and_the_script(project, run, monkeypatch):
    monkeypatch.setattr(archive, "find_spec", lambda _: None)
    status, out, _ = run("--project", project, "export")
    assert (status, out.strip().endswith(".zip")) == (0, True)
    [made] = (project / "outputs").glob("*.zip")
    assert run("--project", project, "export", "--r", "-o", project / "x.R")[0] == 0
    assert ZipFile(made).read("analyses.R") == (project / "x.R").read_bytes()
    status, _, err = run("--project", project, "export", "--r", "-o", project / "x.zip")
    assert (status, "allowed: a name that ends in .r" in err) == (2, True)
    assert run("--project", project, "export", "-o", project / "x.html")[0] == 2
