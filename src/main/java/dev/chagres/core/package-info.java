/**
 * Values that describe data: element types, shapes, strided layouts and devices. Nothing here owns
 * or touches memory.
 *
 * <p>The one idea to know: a {@link dev.chagres.core.Layout} is shape + strides + offset, and every
 * view of a tensor is a pure function from one layout to another.
 */
package dev.chagres.core;
