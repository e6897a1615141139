def test_get(client):
    r = client.get("/v1/books/a%2Fb")
    print(r.status_code, dict(r.headers), r.text)
    r = client.post("/v1/echo", json={"aString": "x", "aTime": "2026-01-31T12:00:00.5+01:00"})
    print(r.status_code, r.text)
    for u in ["/healthz", "/readyz", "/v1/books/count", "/nope", "/v1/files/a/b%2Fc", "/v1/watch?count=3"]:
        r = client.get(u)
        print(r.status_code, r.text)
    assert 0
