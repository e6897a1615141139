"""One shape for every interceptor, whatever the kind of RPC: an async context manager round the call.

`bind` makes the gRPC handlers of a service from its descriptor. A servicer's methods take (request, call) and
return, or for a stream yield, responses.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from chassis.identity import Caller
from chassis.policy import Method


@dataclass(slots=True)
class Call:
    """One RPC on its way through the chain, and what the chain has found out about it so far."""

    method: Method
    context: grpc.aio.ServicerContext[Any, Any]
    # Bytes of the one request, or the messages of a stream as they come.
    incoming: Any
    input_class: type[Message]
    metadata: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    caller: Caller | None = None
    # Set by the validation interceptor: the parsed and valid request, or the stream of them.
    request: Any = None
    code: int = 0

    def require_caller(self) -> Caller:
        """The caller of a method that is not public."""
        assert self.caller is not None, "the policy interceptor lets nobody else through"
        return self.caller


Interceptor = Callable[[Call], AbstractAsyncContextManager[None]]


def bind(service: ServiceDescriptor, servicer: object, chain: Sequence[Interceptor]) -> grpc.GenericRpcHandler:
    """The handlers of a whole service; a method that the servicer lacks stops the start."""
    handlers = {method.name: _handler(method, getattr(servicer, method.name), chain) for method in service.methods}
    return grpc.method_handlers_generic_handler(service.full_name, handlers)


def _handler(
    descriptor: MethodDescriptor, serve: Callable[..., Any], chain: Sequence[Interceptor]
) -> "grpc.RpcMethodHandler[Any, Any]":
    method = Method.of(descriptor)
    input_class = GetMessageClass(descriptor.input_type)

    async def single(incoming: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        call = Call(method, context, incoming, input_class)
        async with AsyncExitStack() as stack:
            for interceptor in chain:
                await stack.enter_async_context(interceptor(call))
            return await serve(call.request, call)

    async def stream(incoming: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
        call = Call(method, context, incoming, input_class)
        async with AsyncExitStack() as stack:
            for interceptor in chain:
                await stack.enter_async_context(interceptor(call))
            async for response in serve(call.request, call):
                yield response

    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[descriptor.client_streaming, descriptor.server_streaming]
    # Requests stay bytes here: grpc.aio would answer INTERNAL for one that cannot be parsed.
    return make(stream if descriptor.server_streaming else single, None, _bytes)


def _bytes(response: Message | bytes) -> bytes:
    """A stream that goes to many may yield what was serialised once."""
    return response if isinstance(response, bytes) else response.SerializeToString()
