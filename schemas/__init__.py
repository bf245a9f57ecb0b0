"""The published language: facts that come in, verdicts that go out, and the topics they travel on."""
