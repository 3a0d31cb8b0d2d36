/* What becomes of the elements that ranks bring to an operation. */
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "gemm.hpp"
#include "nccl.hpp"

namespace emulator {

namespace {

/* The types of elements, with NCCL's numbers; those of 16 bits are reckoned with in float. */
#define EMULATOR_NCCL_TYPES(TYPE) \
  TYPE(0, signed char)            \
  TYPE(1, unsigned char)          \
  TYPE(2, int)                    \
  TYPE(3, unsigned)               \
  TYPE(4, long long)              \
  TYPE(5, unsigned long long)     \
  TYPE(7, float)                  \
  TYPE(8, double)
enum { FLOAT16 = 6, BFLOAT16 = 9 };

/* Whole numbers wrap around. */
template <class T>
T combined(int op, T a, T b) {
  using Wide = std::conditional_t<std::is_integral_v<T>, unsigned long long, T>;
  switch (op) {
    case PRODUCT:
      return (T)((Wide)a * (Wide)b);
    case MAX:
      return std::max(a, b);
    case MIN:
      return std::min(a, b);
    default:
      return (T)((Wide)a + (Wide)b);
  }
}

/* What becomes of `count` elements of all ranks; `get` reads one, `put` writes one. */
template <class T, class Get, class Put>
std::string reducedBy(const std::vector<Part>& parts, size_t first, size_t count, Get get, Put put) {
  std::string result(count * sizeOfType(parts[0].type), 0);
  for (size_t i = 0; i < count; i++) {
    T all = get(parts[0].send, first + i);
    for (size_t j = 1; j < parts.size(); j++) {
      all = combined<T>(parts[0].op, all, get(parts[j].send, first + i));
    }
    put(result.data(), i, parts[0].op == AVERAGE ? (T)(all / (T)parts.size()) : all);
  }
  return result;
}

std::string reduced(const std::vector<Part>& parts, size_t first, size_t count) {
  auto halves = [&](Number type) {
    return reducedBy<float>(
        parts, first, count, [=](const char* from, size_t i) { return (float)load(from, type, i); },
        [=](char* to, size_t i, float value) { store(to, type, i, value); });
  };
  switch (parts[0].type) {
#define EMULATOR_REDUCE(code, T)                                                           \
  case code:                                                                               \
    return reducedBy<T>(                                                                   \
        parts, first, count, [](const char* from, size_t i) { return ((const T*)from)[i]; }, \
        [](char* to, size_t i, T value) { ((T*)to)[i] = value; });
    EMULATOR_NCCL_TYPES(EMULATOR_REDUCE)
#undef EMULATOR_REDUCE
    default:
      return halves(parts[0].type == FLOAT16 ? Number::F16 : Number::BF16);
  }
}

}  // namespace

size_t sizeOfType(int type) {
  switch (type) {
#define EMULATOR_SIZE(code, T) \
  case code:                   \
    return sizeof(T);
    EMULATOR_NCCL_TYPES(EMULATOR_SIZE)
#undef EMULATOR_SIZE
    case FLOAT16:
    case BFLOAT16:
      return 2;
    default:
      return 0;
  }
}

/* Results may lie where operands do: all of these are read before. A rank that is elsewhere has no place for them. */
void perform(std::vector<Part>& parts) {
  auto give = [](Part& part, const char* from, size_t bytes) {
    if (part.receive) {
      memmove(part.receive, from, bytes);
    }
  };
  size_t count = parts[0].count, bytes = count * sizeOfType(parts[0].type);
  switch (parts[0].kind) {
    case Kind::ALL_REDUCE: {
      auto all = reduced(parts, 0, count);
      for (auto& part : parts) {
        give(part, all.data(), bytes);
      }
      break;
    }
    case Kind::REDUCE: {
      auto all = reduced(parts, 0, count);
      give(parts[(size_t)parts[0].root], all.data(), bytes);
      break;
    }
    case Kind::REDUCE_SCATTER: {
      auto all = reduced(parts, 0, count * parts.size());
      for (size_t i = 0; i < parts.size(); i++) {
        give(parts[i], all.data() + i * bytes, bytes);
      }
      break;
    }
    case Kind::BROADCAST:
      for (auto& part : parts) {
        give(part, parts[(size_t)part.root].send, bytes);
      }
      break;
    case Kind::ALL_GATHER: {
      std::string all;
      for (auto& part : parts) {
        all.append(part.send, bytes);
      }
      for (auto& part : parts) {
        give(part, all.data(), all.size());
      }
      break;
    }
    case Kind::LETTER:
      give(parts[1], parts[0].send, bytes);
  }
}

}  // namespace emulator
