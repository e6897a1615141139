"""What `cairn up` says when all is up: where things are, and three lines that work when pasted."""

from datetime import timedelta

from cli.credentials import Person, sign
from cli.settings import CliSettings

# A person and a message of the sample workspace.
USER = "mira"
MESSAGE = "m-007"
LASTING = timedelta(hours=12)


def welcome(settings: CliSettings) -> str:
    """The text. Every line of it can be pasted as it is, into any terminal on this machine."""
    url = settings.gateway_url
    token = sign(settings, Person(USER, settings.workspace), LASTING)
    curl = f'curl -sS -H "Authorization: Bearer {token}"'
    target = f'{{"target": {{"messageId": "{MESSAGE}"}}, "tags": ["later"]}}'
    json = '-H "Content-Type: application/json"'
    return f"""
Cairn is up. Ctrl-C stops it; what it knows stays in {settings.data_dir}.

  API      {url}/api/v1
  Docs     {url}/docs
  OpenAPI  {url}/openapi.json
  Token    {token}
           (12 hours, for {USER} in workspace {settings.workspace}; others: cairn token --user NAME)

Three lines to try: save a message, list what is saved, count it.

{curl} {json} -d '{target}' {url}/api/v1/bookmarks
{curl} "{url}/api/v1/bookmarks?pageSize=10"
{curl} {url}/api/v1/bookmarks/count
"""
