// One step of Adam for n parameters, in place (Kingma and Ba, 2014, in PyTorch's form).
//
// Written as array expressions, each of the dozen operations reads and writes all of memory. Here
// an element is read four times and written three times, once for each array, and no more.
// mean_scale and square_scale undo the bias of the running means: 1 / (1 - beta ** step).

extern "C" __global__ void adam(float* parameter, const float* gradient, float* mean, float* square,
                                long long n, float lr, float beta1, float beta2, float eps,
                                float mean_scale, float square_scale) {
    long long threads = (long long)gridDim.x * blockDim.x;
    for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += threads) {
        float g = gradient[i];
        float m = beta1 * mean[i] + (1.0f - beta1) * g;
        float s = beta2 * square[i] + (1.0f - beta2) * g * g;
        mean[i] = m;
        square[i] = s;
        parameter[i] -= lr * m * mean_scale / (sqrtf(s * square_scale) + eps);
    }
}
