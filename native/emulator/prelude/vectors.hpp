/* CUDA's short vectors: names, members and alignment. */
#pragma once

#define EMULATOR_VECTORS(T, name, align2, align4)                    \
  struct name##1 {                                                   \
    T x;                                                             \
  };                                                                 \
  struct __attribute__((aligned(align2))) name##2 {                  \
    T x, y;                                                          \
  };                                                                 \
  struct __attribute__((aligned(align4))) name##4 {                  \
    T x, y, z, w;                                                    \
  };                                                                 \
  inline name##1 make_##name##1(T x) { return {x}; }                 \
  inline name##2 make_##name##2(T x, T y) { return {x, y}; }         \
  inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }

#define EMULATOR_VECTOR3(T, name)   \
  struct name##3 {                  \
    T x, y, z;                      \
  };                                \
  inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }

EMULATOR_VECTORS(signed char, char, 2, 4)
EMULATOR_VECTORS(unsigned char, uchar, 2, 4)
EMULATOR_VECTORS(short, short, 4, 8)
EMULATOR_VECTORS(unsigned short, ushort, 4, 8)
EMULATOR_VECTORS(int, int, 8, 16)
EMULATOR_VECTORS(unsigned, uint, 8, 16)
EMULATOR_VECTORS(long, long, 16, 16)
EMULATOR_VECTORS(unsigned long, ulong, 16, 16)
EMULATOR_VECTORS(long long, longlong, 16, 16)
EMULATOR_VECTORS(unsigned long long, ulonglong, 16, 16)
EMULATOR_VECTORS(float, float, 8, 16)
EMULATOR_VECTORS(double, double, 16, 16)
EMULATOR_VECTOR3(signed char, char)
EMULATOR_VECTOR3(unsigned char, uchar)
EMULATOR_VECTOR3(short, short)
EMULATOR_VECTOR3(unsigned short, ushort)
EMULATOR_VECTOR3(int, int)
EMULATOR_VECTOR3(long long, longlong)
EMULATOR_VECTOR3(float, float)
EMULATOR_VECTOR3(double, double)
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
