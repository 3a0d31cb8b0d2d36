/** The side of Chagres: the recipes by family, and the process that answers for them. */
package dev.chagres.benchmarks.side;
