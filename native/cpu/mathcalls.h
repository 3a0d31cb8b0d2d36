/*
 * The mathematical functions by their C names, for either floating type: float32 takes those of maths.h, double
 * those of maths64.h or libm's.
 */
#ifndef CHAGRES_MATHCALLS_H
#define CHAGRES_MATHCALLS_H

#include "maths.h"
#include "maths64.h"
#include "special.h"

#define EITHER(x, single, both) _Generic((x), float: single, default: both)(x)

#define exp(x) EITHER(x, exp_f32, exp_f64)
#define exp2(x) EITHER(x, exp2_f32, exp2)
#define expm1(x) EITHER(x, expm1_f32, expm1_f64)
#define log(x) EITHER(x, log_f32, log_f64)
#define log2(x) EITHER(x, log2_f32, log2)
#define log10(x) EITHER(x, log10_f32, log10)
#define log1p(x) EITHER(x, log1p_f32, log1p_f64)
#define sin(x) EITHER(x, sin_f32, sin_f64)
#define cos(x) EITHER(x, cos_f32, cos_f64)
#define tan(x) EITHER(x, tan_f32, tan)
#define asin(x) EITHER(x, asin_f32, asin)
#define acos(x) EITHER(x, acos_f32, acos)
#define atan(x) EITHER(x, atan_f32, atan)
#define sinh(x) EITHER(x, sinh_f32, sinh)
#define cosh(x) EITHER(x, cosh_f32, cosh)
#define tanh(x) EITHER(x, tanh_f32, tanh_f64)
#define asinh(x) EITHER(x, asinh_f32, asinh)
#define acosh(x) EITHER(x, acosh_f32, acosh)
#define atanh(x) EITHER(x, atanh_f32, atanh)
#define erf(x) EITHER(x, erf_f32, erf)
#define erfc(x) EITHER(x, erfc_f32, erfc)
#define erfinv(x) EITHER(x, erfinv_f32, erfinv_f64)
#define erfcx(x) EITHER(x, erfcx_f32, erfcx_f64)
#define ndtr(x) EITHER(x, ndtr_f32, ndtr_f64)
#define ndtri(x) EITHER(x, ndtri_f32, ndtri_f64)
#define log_ndtr(x) EITHER(x, log_ndtr_f32, log_ndtr_f64)
#define lgamma(x) EITHER(x, lgamma_f32, lgamma_f64)
#define digamma(x) EITHER(x, digamma_f32, digamma_f64)
#define mantissa(x) EITHER(x, mantissa_f32, mantissa_f64)
#define exponent(x) EITHER(x, exponent_f32, exponent_f64)
#define sqrt(x) EITHER(x, __builtin_sqrtf, __builtin_sqrt)
#define floor(x) EITHER(x, __builtin_floorf, __builtin_floor)
#define ceil(x) EITHER(x, __builtin_ceilf, __builtin_ceil)
#define rint(x) EITHER(x, __builtin_rintf, __builtin_rint)
#define trunc(x) EITHER(x, __builtin_truncf, __builtin_trunc)
#define fabs(x) EITHER(x, __builtin_fabsf, __builtin_fabs)
#define fmod(a, b) _Generic((a), float: fmod_near, default: fmod)(a, b)
#define pow(a, b) _Generic((a), float: pow_f32, default: pow)(a, b)
#define atan2(a, b) _Generic((a), float: atan2_f32, default: atan2)(a, b)
#define copysign(a, b) _Generic((a), float: __builtin_copysignf, default: __builtin_copysign)(a, b)
#define hypot(a, b) _Generic((a), float: hypot_f32, default: hypot)(a, b)
#define nextafter(a, b) _Generic((a), float: nextafterf, default: nextafter)(a, b)
#define igamma(a, b) _Generic((a), float: igamma_f32, default: igamma_f64)(a, b)
#define igammac(a, b) _Generic((a), float: igammac_f32, default: igammac_f64)(a, b)
#define polygamma(a, b) _Generic((a), float: polygamma_f32, default: polygamma_f64)(a, b)
#define signbit_of(x) _Generic((x), float: is_negative_f32, double: is_negative_f64, default: is_negative_whole)(x)

#endif
