/*
 * Steps of optimizers on one element, in PyTorch's order of operations (torch.optim's single-tensor code): each line is one of
 * its tensor operations, the scalars rounded to the parameter's type first, products fused with sums where its vector code does
 * so (add with alpha, lerp, addcmul). A template like formulas.h: T, FN and FORMULA are the includer's, and
 *   MAD(a, b, c)       a * b + c, rounded once where the processor can
 *   ROOT(x), SIZE(x)   the square root, the absolute value
 *   SMALLEST, COVERS   the smallest normal number of T, and a number that the root of it is below half an ulp of
 *
 * The moments of a gradient that stays 0 shrink until they are denormal, where an instruction takes some processors a
 * hundred times as long, and rounding holds them there. So moments below the smallest normal number become 0. What that
 * is to a parameter is below 2^-88 (float32) of the learning rate as long as Adam's eps covers such a root; with a
 * smaller eps the moments are left alone.
 */

FORMULA T FN(settled)(T x, T smallest) { return SIZE(x) < smallest ? 0 : x; }

/* x / root, rounded as a division is (Markstein 1990); x >= 0 or NaN, `inverse` is 1 / root. */
FORMULA T FN(quotient)(T x, T root, T inverse) {
#if HAS_FMA
  T q = x * inverse;
  T exact = MAD(MAD(-q, root, x), inverse, q);
  return x == (T)INFINITY ? x : exact;
#else
  return (void)inverse, x / root;
#endif
}

struct FN(sgd) {
  T rate, momentum, fresh, decay, sign;
};

/* Returns the new parameter; `buffer`, which may be null, is changed. */
FORMULA T FN(sgd_element)(const struct FN(sgd) s, T parameter, T gradient, T *buffer, int decays, int first, int nesterov) {
  T g = gradient * s.sign;
  g = decays ? MAD(s.decay, parameter, g) : g;
  if (buffer) {
    T b = first ? g : FN(settled)(MAD(s.fresh, g, *buffer * s.momentum), SMALLEST);
    *buffer = b;
    g = nesterov ? MAD(s.momentum, b, g) : b;
  }
  return MAD(s.rate, g, parameter);
}

struct FN(adam) {
  T weight, kept, fresh, eps, step, root, shrink, pull, sign, inverse, smallest;
};

/* hyper: lr, beta1, beta2, eps, weight_decay, bias_correction1, bias_correction2, and the root of the last one. */
FORMULA struct FN(adam) FN(adam_numbers)(const double *hyper, int decoupled, int maximize) {
  struct FN(adam) s;
  s.weight = (T)(1 - hyper[1]);
  s.kept = (T)hyper[2];
  s.fresh = (T)(1 - hyper[2]);
  s.eps = (T)hyper[3];
  s.step = (T)-(hyper[0] / hyper[5]);
  s.root = (T)hyper[7];
  s.shrink = decoupled ? (T)(1 - hyper[0] * hyper[4]) : (T)1;
  s.pull = (T)hyper[4];
  s.sign = maximize ? (T)-1 : (T)1;
  s.inverse = 1 / s.root;
  s.smallest = s.eps * s.root >= COVERS ? SMALLEST : 0;
  return s;
}

/* Returns the new parameter; the moments and, if it is not null, the greatest square are changed. */
FORMULA T FN(adam_element)(const struct FN(adam) s, T parameter, T gradient, T *mean, T *square, T *most, int pulls, int near) {
  T p = parameter * s.shrink, g = gradient * s.sign;
  g = pulls ? MAD(s.pull, p, g) : g;
  T m = near ? MAD(s.weight, g - *mean, *mean) : MAD(s.weight - 1, g - *mean, g); /* lerp */
  T v = FN(settled)(MAD(s.fresh * g, g, *square * s.kept), s.smallest);
  *mean = m = FN(settled)(m, s.smallest);
  *square = v;
  if (most) {
    v = ((*most < v) | (v != v)) ? v : *most;
    *most = v;
  }
  return p + s.step * m / (FN(quotient)(ROOT(v), s.root, s.inverse) + s.eps);
}
