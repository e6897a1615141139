"""Field masks: which fields an update changes (AIP-134)."""

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from chassis.errors import FieldViolation, InvalidInput


class FieldMaskInvalid(InvalidInput):
    """The update mask names a field that cannot be changed"""

    reason = "FIELD_MASK_INVALID"


def mask(request: Message, update_mask: FieldMask, editable: frozenset[str]) -> frozenset[str]:
    """The fields to change: those of the mask, or without one those that are set."""
    if not update_mask.paths:
        return editable & {field.name for field, _ in request.ListFields()}
    for path in update_mask.paths:
        if path not in editable:
            allowed = ", ".join(sorted(editable))
            violation = FieldViolation("update_mask", f"'{path}' cannot be changed; these can: {allowed}")
            raise FieldMaskInvalid(fields=(violation,))
    return frozenset(update_mask.paths)
