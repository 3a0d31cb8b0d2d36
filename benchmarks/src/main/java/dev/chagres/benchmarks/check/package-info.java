/**
 * What {@code benchmarks/gpu/check} does on a machine that has a GPU, and what it is carried there
 * in: the tests, a look by NVIDIA's sanitizer, the figures, and one report of them all.
 */
package dev.chagres.benchmarks.check;
