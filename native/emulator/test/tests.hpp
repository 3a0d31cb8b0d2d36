#pragma once
#include "driver.hpp"

/* Work at once, threads as they are numbered, no guards. */
inline void plainMode() {
  for (const char* mode : {"lazy", "guard", "protect", "order"}) {
    CHECK(chagres_emulator_set(mode, 0));
  }
}

/* A device that a fault has broken is as new. */
inline void repair() { OK(cuDevicePrimaryCtxReset_v2(0)); }

void testKernels();
void testBugs();
void testDriver();
void testPrograms();
void testProducts();
void testCublasLt();
void testNccl();
/* What this program does as a rank of NCCL, in a process of its own. */
int runRank(const std::string& what, const char* id);
