extern "C" __global__ void vector_add(const float* a, const float* b, float* out, int n) {
    // out[i] = a[i] + b[i]: one thread an element, and a guard for the threads beyond the end.
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        out[i] = a[i] + b[i];
    }
}
