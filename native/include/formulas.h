/*
 * The named formulas of ops.def that take more than a line. Included once per element type, by C and by CUDA, with
 *   T         the element type
 *   FN(name)  the function's name for this type (name_f32 in C, an overload in CUDA)
 *   FORMULA   what stands before a function (static inline, __device__)
 * and one of FORMULAS_FLOATING, FORMULAS_ACTIVATIONS (both for float and double) and FORMULAS_INTEGER. exp, erfc, fmod …
 * are the target's own functions for T. No include guard: the file is a template.
 */

#ifdef FORMULAS_FLOATING

/* Quotients round toward minus infinity; the value follows from fmod, so that 1 // 0.1 is 9, as in Python and PyTorch. */
FORMULA T FN(floor_divide)(T a, T b) {
  T rest = fmod(a, b);
  T quotient = (a - rest) / b;
  quotient = rest != 0 && (b < 0) != (rest < 0) ? quotient - 1 : quotient;
  T whole = floor(quotient);
  whole = quotient - whole > (T)0.5 ? whole + 1 : whole;
  whole = quotient == 0 ? copysign((T)0, a / b) : whole;
  return b == 0 ? a / b : whole;
}

FORMULA T FN(trunc_divide)(T a, T b) { return trunc(a / b); }

/* The rest has the divisor's sign, as Python's %. */
FORMULA T FN(remainder_of)(T a, T b) {
  T rest = fmod(a, b);
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

FORMULA T FN(fmod_of)(T a, T b) { return fmod(a, b); }

FORMULA T FN(pow_of)(T a, T b) { return pow(a, b); }

#endif
#ifdef FORMULAS_ACTIVATIONS

/* Never overflows: exp sees only arguments up to 0. */
FORMULA T FN(sigmoid)(T x) {
  T e = exp(-fabs(x));
  return (x < 0 ? e : (T)1) / (1 + e);
}

/* log(1 + exp(x)), without overflow and without cancellation. */
FORMULA T FN(softplus)(T x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }

FORMULA T FN(silu)(T x) { return x / (1 + exp(-x)); }

/* d silu / dx = s (1 + x (1 - s)); 1 - s is computed without cancellation. */
FORMULA T FN(silu_slope)(T x) {
  T e = exp(-fabs(x));
  T near = 1 / (1 + e);
  T far = e * near;
  return x < 0 ? far * (1 + x * near) : near * (1 + x * far);
}

/* x Phi(x), Phi the normal distribution function; erfc keeps the relative accuracy of the left tail. */
FORMULA T FN(gelu)(T x) { return x * ((T)0.5 * erfc(x * (T)-0.70710678118654752440)); }

FORMULA T FN(gelu_slope)(T x) {
  T density = (T)0.39894228040143267794 * exp((T)-0.5 * x * x);
  return (T)0.5 * erfc(x * (T)-0.70710678118654752440) + x * density;
}

/* 0.5 x (1 + tanh(u)) = x sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3) (Hendrycks and Gimpel 2016). */
FORMULA T FN(gelu_tanh)(T x) {
  T v = x * ((T)1.5957691216057307117 + (T)0.07135481627260024877 * x * x);
  T e = exp(-fabs(v));
  return x * ((v < 0 ? e : (T)1) / (1 + e));
}

FORMULA T FN(gelu_tanh_slope)(T x) {
  T v = x * ((T)1.5957691216057307117 + (T)0.07135481627260024877 * x * x);
  T slope = (T)1.5957691216057307117 + (T)0.21406444881780074633 * x * x;
  T e = exp(-fabs(v));
  T near = 1 / (1 + e);
  T far = e * near;
  return (v < 0 ? far : near) + x * (far * near) * slope;
}

#endif
#ifdef FORMULAS_INTEGER

/* The divisor is never zero here: the loop reports it instead. Minus one is apart, because -2^(w-1) / -1 traps. */
FORMULA T FN(trunc_divide)(T a, T b) { return b == (T)-1 && (T)-1 < 0 ? (T)(0 - a) : (T)(a / b); }

FORMULA T FN(fmod_of)(T a, T b) { return b == (T)-1 && (T)-1 < 0 ? (T)0 : (T)(a % b); }

FORMULA T FN(remainder_of)(T a, T b) {
  T rest = FN(fmod_of)(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? (T)(rest + b) : rest;
}

FORMULA T FN(floor_divide)(T a, T b) {
  T quotient = FN(trunc_divide)(a, b);
  T rest = FN(fmod_of)(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? (T)(quotient - 1) : quotient;
}

/* By squaring, wrapping. Of the negative powers only those of 1 and -1 are not 0. */
FORMULA T FN(pow_of)(T a, T b) {
  if (b < 0) {
    return a == 1 ? (T)1 : (a == (T)-1 ? (T)(b & 1 ? -1 : 1) : (T)0);
  }
  unsigned long long result = 1, base = (unsigned long long)a;
  for (T e = b; e != 0; e = (T)(e >> 1)) {
    result = e & 1 ? result * base : result;
    base *= base;
  }
  return (T)result;
}

#endif
