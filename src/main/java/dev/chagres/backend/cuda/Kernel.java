package dev.chagres.backend.cuda;

import java.lang.foreign.MemorySegment;

/**
 * A kernel that is loaded on a device, for as long as the program runs.
 *
 * @param expression the C++ expression that names it
 * @param function the driver's handle
 */
record Kernel(String expression, MemorySegment function) {}
