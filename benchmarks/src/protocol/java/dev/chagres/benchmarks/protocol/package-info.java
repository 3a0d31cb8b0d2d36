/**
 * What every side written in Java shares: the requests it answers, the numbers it computes with,
 * and how a call is timed. Needs Java alone, so that a peer brings only its own libraries.
 */
package dev.chagres.benchmarks.protocol;
