/*
 * The formulas of formulas.h for one element type T with suffix S, and their names as ops.def spells them. Included once
 * per type; FORMULAS_FLOATING and so on are defined by the includer.
 */
#define FORMULA INLINE
#define FN(name) JOIN(name, S)
#include "../include/formulas.h"
#undef FORMULA
#undef FORMULAS_FLOATING
#undef FORMULAS_ACTIVATIONS
#undef FORMULAS_INTEGER
