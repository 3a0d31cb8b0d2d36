/** What is measured: the rows of the tables, by family, and the targets beside them. */
package dev.chagres.benchmarks.rows;
