/* Tests of the emulator itself: that right programs run rightly in all of its modes, and wrong ones are found out. */
#include "tests.hpp"

int main(int argumentCount, char** arguments) {
  chagres_emulator_set("devices", 3);
  int count;
  EXPECT(3, cuDeviceGetCount(&count));
  OK(cuInit(0));
  if (argumentCount == 3) {
    return runRank(arguments[1], arguments[2]);
  }
  void* context = nullptr;
  OK(cuDevicePrimaryCtxRetain(&context, 0));
  OK(cuCtxSetCurrent(context));
  testKernels();
  testBugs();
  testPrograms();
  testProducts();
  testCublasLt();
  testNccl();
  testDriver();
  if (failures > 0) {
    printf("%d checks failed\n", failures);
  }
  return failures > 0;
}
