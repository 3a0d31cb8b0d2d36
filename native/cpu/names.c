/* The names of the operations, for the check that Java and this library mean the same codes. */
#include "types.h"

static const char *const unary_names[] = {
#define UNARY(NAME, DOMAIN, ...) #NAME,
#define BINARY(NAME, DOMAIN, ...)
#define REDUCE(NAME)
#define TERNARY(NAME, DOMAIN, ...)
#include "../include/ops.def"
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
};

static const char *const binary_names[] = {
#define UNARY(NAME, DOMAIN, ...)
#define BINARY(NAME, DOMAIN, ...) #NAME,
#define REDUCE(NAME)
#define TERNARY(NAME, DOMAIN, ...)
#include "../include/ops.def"
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
};

static const char *const reduce_names[] = {
#define UNARY(NAME, DOMAIN, ...)
#define BINARY(NAME, DOMAIN, ...)
#define REDUCE(NAME) #NAME,
#define TERNARY(NAME, DOMAIN, ...)
#include "../include/ops.def"
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
};

static const char *const ternary_names[] = {
#define UNARY(NAME, DOMAIN, ...)
#define BINARY(NAME, DOMAIN, ...)
#define REDUCE(NAME)
#define TERNARY(NAME, DOMAIN, ...) #NAME,
#include "../include/ops.def"
#undef UNARY
#undef BINARY
#undef REDUCE
#undef TERNARY
};

const char *ch_op_name(int family, int op) {
  switch (family) {
    case CH_FAMILY_UNARY: return op >= 0 && op < UNARY_OPS ? unary_names[op] : NULL;
    case CH_FAMILY_BINARY: return op >= 0 && op < BINARY_OPS ? binary_names[op] : NULL;
    case CH_FAMILY_REDUCE: return op >= 0 && op < REDUCE_OPS ? reduce_names[op] : NULL;
    case CH_FAMILY_TERNARY: return op >= 0 && op < TERNARY_OPS ? ternary_names[op] : NULL;
    default: return NULL;
  }
}

static unsigned digest_of(unsigned hash, const char *const *names, int count) {
  for (int i = 0; i < count; i++) {
    for (const char *c = names[i]; *c != 0; c++) {
      hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    hash = (hash ^ '\n') * 16777619u;
  }
  return hash;
}

int ch_op_digest;

__attribute__((constructor)) static void set_digest(void) {
  unsigned hash = digest_of(2166136261u, unary_names, UNARY_OPS);
  hash = digest_of(hash, binary_names, BINARY_OPS);
  hash = digest_of(hash, reduce_names, REDUCE_OPS);
  ch_op_digest = (int)digest_of(hash, ternary_names, TERNARY_OPS);
}
