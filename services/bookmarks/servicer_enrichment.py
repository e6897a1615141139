"""EnrichmentService: decode, one use case, encode."""

from cairn.bookmarks.v1 import enrichment_pb2 as pb
from chassis.interceptors import Call
from services.bookmarks import encode_enrichment as wire
from services.bookmarks import encode_import
from services.bookmarks.use_cases_enrichment import Enrichments
from services.bookmarks.use_cases_import import Imports


class EnrichmentServicer:
    """cairn.bookmarks.v1.EnrichmentService."""

    def __init__(self, enrichments: Enrichments, imports: Imports) -> None:
        """The use cases."""
        self._enrichments = enrichments
        self._imports = imports

    async def BeginEnrichment(self, request: pb.BeginEnrichmentRequest, call: Call) -> pb.BeginEnrichmentResponse:
        """An attempt begins."""
        return wire.from_begun(await self._enrichments.begin(call.require_caller(), wire.to_attempt(request)))

    async def ReportStep(self, request: pb.ReportStepRequest, call: Call) -> pb.ReportStepResponse:
        """How a step goes."""
        caller, report = call.require_caller(), wire.to_report(request)
        into = await self._enrichments.report(caller, wire.to_attempt(request), report)
        return pb.ReportStepResponse(merged_into=str(into)) if into else pb.ReportStepResponse()

    async def ImportLinks(self, request: pb.ImportLinksRequest, call: Call) -> pb.ImportLinksResponse:
        """Save links of an import."""
        links = encode_import.to_links(request)
        return encode_import.from_rows(await self._imports.save(call.require_caller(), links, request.dry_run))
