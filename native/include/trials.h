/*
 * Counts drawn for one element, with parameters of its own. Included once, by C and by CUDA, with
 *   STREAM        the type of a stream of random numbers
 *   uniform53(t)  its next number between 0 and 1, of 53 bits
 */
#ifndef CHAGRES_TRIALS_H
#define CHAGRES_TRIALS_H

#include "maths64.h"

/*
 * Poisson: below 10 the product of uniforms until it falls under exp(-rate) (Knuth); from 10 on the transformed rejection
 * PTRS of Hormann (The transformed rejection method for generating Poisson random variables, 1993), its constants too.
 */
SLOW double poisson(STREAM *t, double rate) {
  if (!(rate > 0)) return 0;
  if (rate < 10) {
    double limit = exp(-rate), product = 1;
    for (double count = 0;; count++) {
      product *= uniform53(t);
      if (!(product > limit)) return count;
    }
  }
  double logarithm = log(rate);
  double b = 0.931 + 2.53 * sqrt(rate);
  double a = -0.059 + 0.02483 * b;
  double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  double box = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    double u = uniform53(t) - 0.5;
    double v = uniform53(t);
    double us = 0.5 - fabs(u);
    double k = (double)int64_of_f64(floor((2 * a / us + b) * u + rate + 0.43));
    if (us >= 0.07 && v <= box) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    double left = log(v) + log(inverse_alpha) - log(a / (us * us) + b);
    if (left <= -rate + k * logarithm - lgamma_f64(k + 1)) return k;
  }
}

/* What Stirling's series leaves of log(k!): a table below 10, its first terms from there on. */
SLOW double stirling_rest(double k) {
  const double TABLE[] = {0.0810614667953272,  0.0413406959554092,  0.0276779256849983,  0.0207906721037650,
                                 0.0166446911898211,  0.0138761288230707,  0.0118967099458917,  0.0104112652619720,
                                 0.00925546218271273, 0.00833056343336287};
  if (k <= 9) return TABLE[k > 0 ? (int)k : 0];
  double square = (k + 1) * (k + 1);
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

/* The transformed rejection BTRS of Hormann (The generation of binomial random variates, 1993), with the missing log. */
SLOW double binomial_by_rejection(STREAM *t, double count, double p) {
  double deviation = sqrt(count * p * (1 - p));
  double b = 1.15 + 2.53 * deviation;
  double a = -0.0873 + 0.0248 * b + 0.01 * p;
  double c = count * p + 0.5;
  double box = 0.92 - 4.2 / b;
  double ratio = p / (1 - p);
  double alpha = (2.83 + 5.1 / b) * deviation;
  double m = floor((count + 1) * p);
  for (;;) {
    double u = uniform53(t) - 0.5;
    double v = uniform53(t);
    double us = 0.5 - fabs(u);
    double k = floor((2 * a / us + b) * u + c);
    if (k < 0 || k > count) continue;
    if (us >= 0.07 && v <= box) return k;
    double bound = (m + 0.5) * log((m + 1) / (ratio * (count - m + 1))) +
                   (count + 1) * log((count - m + 1) / (count - k + 1)) +
                   (k + 0.5) * log(ratio * (count - k + 1) / (k + 1)) + stirling_rest(m) + stirling_rest(count - m) -
                   stirling_rest(k) - stirling_rest(count - k);
    if (log(v * alpha / (a / (us * us) + b)) <= bound) return k;
  }
}

/* Few successes: the sum of the waiting times, which are geometric, until it passes the count. */
SLOW double binomial_by_waiting(STREAM *t, double count, double p) {
  double failure = log1p(-p), sum = 0;
  for (double successes = 0;; successes++) {
    sum += ceil(log(uniform53(t)) / failure);
    if (!(sum <= count)) return successes;
  }
}

SLOW double binomial_at_most_half(STREAM *t, double count, double p) {
  return count * p >= 10 ? binomial_by_rejection(t, count, p) : binomial_by_waiting(t, count, p);
}

SLOW double binomial(STREAM *t, double count, double p) {
  if (count <= 0 || p <= 0) return 0;
  if (p >= 1) return count;
  if (count != count || p != p) return NAN;
  return p <= 0.5 ? binomial_at_most_half(t, count, p) : count - binomial_at_most_half(t, count, 1 - p);
}

#endif
