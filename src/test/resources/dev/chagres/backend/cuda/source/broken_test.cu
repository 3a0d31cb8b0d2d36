/* Does not compile. */
template <class T>
__global__ void broken(T *y) {
  y[0] = undefined_name;
}
