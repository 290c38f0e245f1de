"""A service of gRPC and calls of it, by the library that most languages share. Messages are bytes.

service.py serve
    prints its port, then serves until its input ends.
service.py call ADDRESS AUTHORITY NAME=VALUE...
    calls the service at an address, with an authority ("-" for none) and metadata, and prints what came of it as JSON.
service.py ask ADDRESS AUTHORITY
    makes one call, and prints the code and the message that it fails with.
"""

import json
import sys
import threading
from concurrent import futures

import grpc

UNARY = "/test.Echo/Unary"
REPEAT = "/test.Echo/Repeat"
JOIN = "/test.Echo/Join"
TALK = "/test.Echo/Talk"
FAIL = "/test.Echo/Fail"
HANG = "/test.Echo/Hang"
LARGE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def unary(request, context):
    context.send_initial_metadata([("x-initial", dict(context.invocation_metadata()).get("x-mine", ""))])
    context.set_trailing_metadata([("x-trailing", "2"), ("x-bytes-bin", b"\x00\xff")])
    return request


def repeat(request, _context):
    for index in range(int(request)):
        yield b"%d" % index


def join(requests, _context):
    return b"+".join(requests)


def talk(requests, _context):
    for request in requests:
        yield request.upper()


def fail(_request, context):
    context.abort(grpc.StatusCode.ALREADY_EXISTS, "there is one: \u00fc")


def hang(_request, context):
    ended = threading.Event()
    context.add_callback(ended.set)
    # Until the call is over for the client.
    ended.wait()
    return b""


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=128), options=LARGE)
    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Repeat": grpc.unary_stream_rpc_method_handler(repeat),
        "Join": grpc.stream_unary_rpc_method_handler(join),
        "Talk": grpc.stream_stream_rpc_method_handler(talk),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "Hang": grpc.unary_unary_rpc_method_handler(hang),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(0)


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return [error.code().name, error.details(), dict(error.trailing_metadata() or ()).get("sandgate-error")]
    return "it went well"


def call(address, authority, *pairs):
    metadata = [tuple(pair.split("=", 1)) for pair in pairs]
    options = LARGE + ([] if authority == "-" else [("grpc.default_authority", authority)])
    seen = {}
    with grpc.insecure_channel(address, options) as channel:
        one = channel.unary_unary(UNARY)
        answer, made = one.with_call(b"hello", metadata=metadata + [("x-mine", "1")])
        seen["unary"] = answer.decode()
        seen["initial"] = dict(made.initial_metadata()).get("x-initial")
        trailing = dict(made.trailing_metadata())
        seen["trailing"] = [trailing.get("x-trailing"), list(trailing.get("x-bytes-bin", b""))]
        seen["large"] = len(one(b"x" * (8 << 20), metadata=metadata))
        squeezed = one(b"again " * 10000, metadata=metadata, compression=grpc.Compression.Gzip)
        seen["compressed"] = len(squeezed)
        stream = channel.unary_stream(REPEAT)(b"1000", metadata=metadata)
        seen["stream"] = sum(int(part) for part in stream)
        seen["joined"] = channel.stream_unary(JOIN)(iter([b"a", b"b", b"c"]), metadata=metadata).decode()
        seen["talk"] = [part.decode() for part in channel.stream_stream(TALK)(iter([b"one", b"two"]), metadata=metadata)]
        calls = [one.future(b"%d" % index, metadata=metadata) for index in range(100)]
        seen["many"] = sum(int(each.result()) for each in calls)
        seen["fail"] = failure(lambda: channel.unary_unary(FAIL)(b"", metadata=metadata))
        seen["missing"] = failure(lambda: channel.unary_unary("/test.Echo/Missing")(b"", metadata=metadata))[0]
        seen["deadline"] = failure(lambda: channel.unary_unary(HANG)(b"", metadata=metadata, timeout=0.3))[0]
    print(json.dumps(seen))


def ask(address, authority):
    options = [("grpc.default_authority", authority)]
    with grpc.insecure_channel(address, options) as channel:
        print(json.dumps(failure(lambda: channel.unary_unary(UNARY)(b""))))


if __name__ == "__main__":
    {"serve": serve, "call": call, "ask": ask}[sys.argv[1]](*sys.argv[2:])
