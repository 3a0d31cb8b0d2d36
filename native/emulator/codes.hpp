/* The driver's result codes that the emulator gives. */
#pragma once
#include <string>

#define EMULATOR_API extern "C" __attribute__((visibility("default")))

namespace emulator {

using Result = int;

#define EMULATOR_CODES(CODE)                                                                     \
  CODE(SUCCESS, 0, "no error")                                                                   \
  CODE(ERROR_INVALID_VALUE, 1, "invalid argument")                                               \
  CODE(ERROR_OUT_OF_MEMORY, 2, "out of memory")                                                  \
  CODE(ERROR_NOT_INITIALIZED, 3, "initialization error")                                         \
  CODE(ERROR_NO_DEVICE, 100, "no CUDA-capable device is detected")                               \
  CODE(ERROR_INVALID_DEVICE, 101, "invalid device ordinal")                                      \
  CODE(ERROR_INVALID_IMAGE, 200, "device kernel image is invalid")                               \
  CODE(ERROR_INVALID_CONTEXT, 201, "invalid device context")                                     \
  CODE(ERROR_PEER_ACCESS_UNSUPPORTED, 217, "peer access is not supported between these two devices") \
  CODE(ERROR_INVALID_HANDLE, 400, "invalid resource handle")                                     \
  CODE(ERROR_NOT_FOUND, 500, "named symbol not found")                                           \
  CODE(ERROR_NOT_READY, 600, "device not ready")                                                 \
  CODE(ERROR_ILLEGAL_ADDRESS, 700, "an illegal memory access was encountered")                   \
  CODE(ERROR_LAUNCH_OUT_OF_RESOURCES, 701, "too many resources requested for launch")            \
  CODE(ERROR_PEER_ACCESS_ALREADY_ENABLED, 704, "peer access is already enabled")                 \
  CODE(ERROR_CONTEXT_IS_DESTROYED, 709, "context is destroyed")                                  \
  CODE(ERROR_HOST_MEMORY_ALREADY_REGISTERED, 712, "part or all of the requested memory range is already mapped") \
  CODE(ERROR_HOST_MEMORY_NOT_REGISTERED, 713, "pointer does not correspond to a registered memory region") \
  CODE(ERROR_LAUNCH_FAILED, 719, "unspecified launch failure")                                   \
  CODE(ERROR_NOT_SUPPORTED, 801, "operation not supported")                                      \
  CODE(ERROR_STREAM_CAPTURE_UNSUPPORTED, 900, "operation not permitted when stream is capturing") \
  CODE(ERROR_STREAM_CAPTURE_INVALIDATED, 901, "operation failed due to a previous error during capture") \
  CODE(ERROR_STREAM_CAPTURE_UNMATCHED, 903, "capture was not initiated in this stream")          \
  CODE(ERROR_STREAM_CAPTURE_UNJOINED, 904, "capturing stream has unjoined work")                 \
  CODE(ERROR_STREAM_CAPTURE_ISOLATION, 905, "dependency created on uncaptured work in another stream") \
  CODE(ERROR_STREAM_CAPTURE_IMPLICIT, 906, "operation would make the legacy stream depend on a capturing blocking stream") \
  CODE(ERROR_CAPTURED_EVENT, 907, "operation not permitted on an event last recorded in a capturing stream") \
  CODE(ERROR_GRAPH_EXEC_UPDATE_FAILURE, 910, "the graph update was not performed because it included changes which violated constraints specific to instantiated graph update") \
  CODE(ERROR_UNKNOWN, 999, "unknown error")

#define EMULATOR_CODE(name, code, text) name = code,
enum Code : int { EMULATOR_CODES(EMULATOR_CODE) };
#undef EMULATOR_CODE

/* Lets the text of a code end with what really happened; returns the code. */
Result explain(Result code, const std::string& what);

}  // namespace emulator
