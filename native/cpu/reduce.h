/* The pairwise sum of contiguous floats, for kernels that sum on the way. */
#ifndef CHAGRES_REDUCE_H
#define CHAGRES_REDUCE_H

#include "target.h"

float ch_sum_f32(ch_long n, const float *x);
double ch_sum_f64(ch_long n, const double *x);

#endif
