/**
 * File formats: safetensors and numpy's npy and npz.
 *
 * <p>Imports tensor, core, memory.raw and check. The one idea: a file is believed nothing; its
 * header is checked as a whole before a byte of data is read, and a file is written whole or not at
 * all.
 */
@NullMarked
package dev.chagres.io;

import org.jspecify.annotations.NullMarked;
