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

/* log(exp(a) + exp(b)) from the greater one; of equal infinities that infinity, and of a NaN NaN. */
FORMULA T FN(logaddexp)(T a, T b) {
  T far = fabs(a - b);
  T sum = ((a < b) | (b != b) ? b : a) + log1p(exp(-far));
  return a == b && far != 0 ? a : sum;
}

/* The same to base 2: where the terms are close the logarithm of their sum is exact at powers of two. */
FORMULA T FN(logaddexp2)(T a, T b) {
  T far = fabs(a - b), e = exp2(-far);
  T more = e > (T)0.5 ? log2(1 + e) : log1p(e) * (T)1.4426950408889634074;
  T sum = ((a < b) | (b != b) ? b : a) + more;
  return a == b && far != 0 ? a : sum;
}

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

/* Euclid's algorithm; the least integer is its own absolute value. */
FORMULA T FN(gcd)(T a, T b) {
  unsigned long long x = (unsigned long long)(a < 0 ? 0 - (unsigned long long)a : (unsigned long long)a);
  unsigned long long y = (unsigned long long)(b < 0 ? 0 - (unsigned long long)b : (unsigned long long)b);
  while (y != 0) {
    unsigned long long rest = x % y;
    x = y;
    y = rest;
  }
  return (T)x;
}

FORMULA T FN(lcm)(T a, T b) {
  T divisor = FN(gcd)(a, b), part = divisor == 0 ? (T)0 : FN(trunc_divide)(a, divisor);
  return (T)(part * b < 0 ? 0 - part * b : part * b);
}

/* Shifts by no number of the bits give what is left of all: nothing to the left, the sign to the right. */
FORMULA T FN(left_shift)(T a, T b) {
  int known = (b >= 0) & (b < (T)(8 * sizeof(T)));
  return known ? (T)((unsigned long long)a << (known ? b : 0)) : (T)0;
}

FORMULA T FN(right_shift)(T a, T b) {
  int most = 8 * (int)sizeof(T) - 1, known = (b >= 0) & (b < (T)(most + 1));
  T sign = (T)(a < 0 ? -1 : 0);
  return known ? (T)(a >> (known ? (int)b : 0)) : sign;
}

#endif
