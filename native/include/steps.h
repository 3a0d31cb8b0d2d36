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

/* ---- rules.h: x is the parameter, its gradient, and what is kept, and becomes what they are after the step */

struct FN(rule) {
  T h[CH_RULE_NUMBERS];
};

/* The moving average of squares, with a share of what is kept and one of what comes. */
FORMULA T FN(squares)(T square, T g, T kept, T fresh, T smallest) { return FN(settled)(MAD(fresh * g, g, square * kept), smallest); }

/* The moving average of what comes with a weight: lerp. */
FORMULA T FN(moved)(T mean, T g, T weight) {
  const T m = SIZE(weight) < (T)0.5 ? MAD(weight, g - mean, mean) : MAD(weight - 1, g - mean, g);
  return FN(settled)(m, SMALLEST);
}

FORMULA void FN(rmsprop_element)(const T *h, int flags, T p, T g, T *x) {
  const T smallest = h[5] >= COVERS ? SMALLEST : 0;
  const T v = FN(squares)(x[2], g, h[3], h[4], smallest);
  T spread = v;
  x[2] = v;
  if (flags & CH_RULE_CENTERED) {
    T *mean = x + (flags & CH_RULE_MOMENTUM ? 4 : 3);
    const T m = FN(moved)(*mean, g, h[4]);
    *mean = m;
    spread = MAD(-m, m, v);
  }
  const T size = ROOT(spread) + h[5];
  if (flags & CH_RULE_MOMENTUM) {
    const T b = FN(settled)(x[3] * h[6] + g / size, SMALLEST);
    x[3] = b;
    x[0] = MAD(h[7], b, p);
  } else {
    x[0] = p + h[7] * g / size;
  }
}

FORMULA void FN(adagrad_element)(const T *h, T p, T g, T *x) {
  x[2] = MAD(g, g, x[2]);
  x[0] = p + h[4] * g / (ROOT(x[2]) + h[3]);
}

FORMULA void FN(adadelta_element)(const T *h, T p, T g, T *x) {
  const T smallest = h[5] >= COVERS ? SMALLEST : 0;
  const T v = FN(squares)(x[2], g, h[3], h[4], smallest);
  const T change = ROOT(x[3] + h[5]) / ROOT(v + h[5]) * g;
  x[2] = v;
  x[3] = FN(squares)(x[3], change, h[3], h[4], smallest);
  x[0] = MAD(h[6], change, p);
}

FORMULA void FN(adamax_element)(const T *h, T p, T g, T *x) {
  const T shrunk = x[3] * h[4], size = SIZE(g) + h[5];
  x[2] = FN(moved)(x[2], g, h[3]);
  x[3] = ((shrunk > size) | (shrunk != shrunk)) ? shrunk : size;
  x[0] = p + h[6] * x[2] / x[3];
}

FORMULA void FN(nadam_element)(const T *h, T p, T g, T *x) {
  const T m = FN(moved)(x[2], g, h[3]), v = FN(squares)(x[3], g, h[4], h[5], h[6] >= COVERS ? SMALLEST : 0);
  const T size = ROOT(v / h[7]) + h[6];
  x[2] = m;
  x[3] = v;
  x[0] = p + h[8] * g / size + h[9] * m / size;
}

FORMULA void FN(radam_element)(const T *h, int flags, T p, T g, T *x) {
  const T m = FN(moved)(x[2], g, h[3]), v = FN(squares)(x[3], g, h[4], h[5], h[6] >= COVERS ? SMALLEST : 0);
  const T change = m / h[7] * h[8];
  x[2] = m;
  x[3] = v;
  x[0] = p - (flags & CH_RULE_LATER ? change * (1 / (ROOT(v) + h[6]) * h[9]) * h[10] : change);
}

FORMULA void FN(asgd_element)(const T *h, int flags, T p, T g, T *x) {
  const T after = MAD(h[3], g, p);
  x[0] = after;
  x[2] = flags & CH_RULE_LATER ? x[2] + (after - x[2]) * h[4] : after;
}

FORMULA void FN(rprop_element)(const T *h, T p, T g, T *x) {
  const T same = g * x[2], factor = same > 0 ? h[4] : same < 0 ? h[3] : 1;
  const T stretched = x[3] * factor, bounded = stretched < h[5] ? h[5] : stretched > h[6] ? h[6] : stretched;
  const T kept = same < 0 ? 0 : g, sign = (T)((kept > 0) - (kept < 0));
  x[2] = kept;
  x[3] = bounded;
  x[0] = MAD(-sign, bounded, p);
}

FORMULA void FN(rule_element)(const struct FN(rule) *numbers, int rule, int flags, T *x) {
  const T *h = numbers->h;
  const T signed_gradient = x[1] * h[1], g = flags & CH_RULE_DECAYS ? MAD(h[0], x[0], signed_gradient) : signed_gradient;
  const T p = x[0] * h[2];
  switch (rule) {
    case CH_RULE_RMSPROP: FN(rmsprop_element)(h, flags, p, g, x); return;
    case CH_RULE_ADAGRAD: FN(adagrad_element)(h, p, g, x); return;
    case CH_RULE_ADADELTA: FN(adadelta_element)(h, p, g, x); return;
    case CH_RULE_ADAMAX: FN(adamax_element)(h, p, g, x); return;
    case CH_RULE_NADAM: FN(nadam_element)(h, p, g, x); return;
    case CH_RULE_RADAM: FN(radam_element)(h, flags, p, g, x); return;
    case CH_RULE_ASGD: FN(asgd_element)(h, flags, p, g, x); return;
    default: FN(rprop_element)(h, p, g, x); return;
  }
}
