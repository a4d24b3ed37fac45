// Kernels with objects of structs, lambdas, variables of the device and rarer functions.

struct Softmax {  // the greatest so far, and the sum of exponentials below it
    float top;
    float sum;
};

__device__ Softmax join(Softmax a, Softmax b) {
    Softmax high = a.top > b.top ? a : b;
    Softmax low = a.top > b.top ? b : a;
    return {high.top, high.sum + low.sum * expf(low.top - high.top)};
}

__global__ void online_softmax(const float* x, float* out, int n) {
    __shared__ Softmax of_warp[32];
    Softmax mine{-3.4e38f, 0.0f};
    for (int i = threadIdx.x; i < n; i += blockDim.x) mine = join(mine, Softmax{x[i], 1.0f});
    for (int by = 16; by > 0; by /= 2) {
        Softmax other;
        other.top = __shfl_down_sync(0xffffffff, mine.top, by);
        other.sum = __shfl_down_sync(0xffffffff, mine.sum, by);
        mine = join(mine, other);
    }
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = mine;
    __syncthreads();
    Softmax all = of_warp[0];
    for (int warp = 1; warp < blockDim.x / 32; ++warp) all = join(all, of_warp[warp]);
    for (int i = threadIdx.x; i < n; i += blockDim.x) out[i] = expf(x[i] - all.top) / all.sum;
}

struct Best {
    float value = -3.4e38f;
    int at = -1;
    __device__ bool is_beaten(const Best& other) const {
        return other.value > value || (other.value == value && other.at < at);
    }
};

__global__ void argmax(const float* x, int* out, int n) {
    __shared__ Best found[64];
    Best mine;
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        Best here;
        here.value = x[i];
        here.at = i;
        if (mine.is_beaten(here)) mine = here;
    }
    found[threadIdx.x] = mine;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            Best* far = &found[threadIdx.x + half];
            if (found[threadIdx.x].is_beaten(*far)) found[threadIdx.x] = *far;
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) *out = found[0].at;
}

struct Welford {
    float mean, squares;
    int count;
    __device__ Welford() : mean(0.0f), squares(0.0f), count(0) {}
    __device__ Welford(float first) : mean(first), squares(0.0f), count(0) { count += 1; }
    __device__ void add(float x) {
        count++;
        float off = x - mean;
        this->mean += off / count;
        squares += off * (x - mean);
    }
    __device__ Welford operator+(const Welford& other) const {
        Welford both = *this;
        both.count = count + other.count;
        float off = other.mean - mean;
        both.mean = mean + off * other.count / both.count;
        both.squares = squares + other.squares + off * off * count * other.count / both.count;
        return both;
    }
};

__global__ void variance(const float* x, float* out, int n) {
    Welford even, odd(x[1]);
    for (int i = 0; i < n; i += 2) even.add(x[i]);
    for (int i = 3; i < n; i += 2) odd.add(x[i]);
    Welford all = even + odd;
    out[0] = all.mean;
    out[1] = all.squares / all.count;
}

struct Window {
    float held[3];
    int next = 0;
    const float* from;
};

__device__ void push(Window* window, float x) {
    window->held[window->next % 3] = x;
    ++window->next;
}

__global__ void moving_sum(const float* x, float* out, int n) {
    Window window, before;
    window.from = x;
    for (int k = 0; k < 3; ++k) window.held[k] = 0.0f;
    for (int i = 0; i < n; ++i) {
        before = window;
        push(&window, window.from[i]);
        out[i] = window.held[0] + window.held[1] + window.held[2] - before.held[i % 3];
    }
}

__device__ void halves(int value, int* low, int& high) {
    *low = value & 0xffff;
    high = value >> 16;
}

__global__ void by_address(const int* x, int* out) {
    int low, high;
    const int* from;
    from = x + threadIdx.x;
    halves(*from, &low, high);
    out[threadIdx.x] = low * 1000 + high;
}

__global__ void closures(const float* x, float* out, int n) {
    float scale = 2.0f;
    auto at = [&](int i) { return i < n ? x[i] * scale : 0.0f; };
    auto kept = [=](float v) { return v + scale; };
    scale = 3.0f;
    out[threadIdx.x] = kept(at(threadIdx.x));
}

__device__ int arrived = 0;
__device__ float sums[64];
__device__ const float STEPS[2] = {0.5f, 0.25f};

__global__ void last_block(const float* x, float* out) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = x[blockIdx.x] * STEPS[blockIdx.x % 2];
        __threadfence();
        last = atomicAdd(&arrived, 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && threadIdx.x == 0) {
        float all = 0.0f;
        for (int block = 0; block < gridDim.x; ++block) all += sums[block];
        *out = all;
        arrived = 0;
    }
}

__device__ void atomic_max(float* place, float value) {  // of numbers that are not negative
    atomicMax(reinterpret_cast<int*>(place), __float_as_int(value));
}

__global__ void greatest(const float* x, float* out) { atomic_max(out, x[threadIdx.x]); }

__global__ void lanes(const int* x, int* out) {
    int i = threadIdx.x, same;
    out[i] = __reduce_add_sync(0xffffffff, x[i]);
    out[32 + i] = __reduce_max_sync(0xffffffff, x[i]);
    unsigned all = __match_all_sync(0xffffffff, x[i], &same);
    out[64 + i] = same * 2 + (all == 0xffffffff);
    out[96 + i] = __float2int_rn(__int2float_rn(x[i]) / 2) + __clzll(1LL + x[i]);
}

__global__ void no_member(const float* x, float* out) {
    Softmax mine;  // uninitialised
    mine.top = x[threadIdx.x];
    out[threadIdx.x] = mine.top + mine.sum;
}

__global__ void members_of_one(float* out) {
    __shared__ Softmax both[1];
    if (threadIdx.x == 0) both[0].top = 1.0f;
    if (threadIdx.x == 32) both[0].sum = 2.0f;
    __syncthreads();
    out[threadIdx.x] = both[0].top + both[0].sum;
}

__global__ void no_barrier(float* out) {
    __shared__ Softmax all[64];
    all[threadIdx.x] = {1.0f, 2.0f};
    out[threadIdx.x] = all[63 - threadIdx.x].sum;  // race
}

__global__ void reset_at_once(float* out) {
    out[blockIdx.x] = 1.0f;
    __threadfence();
    atomicAdd(&arrived, 1);
    if (blockIdx.x == 0) arrived = 0;  // race: nobody knows who has arrived
}

__global__ void three_at_once(const float3* a, float3* out) {
    float3 v = a[threadIdx.x];
    v.y += 1.0f;
    out[threadIdx.x] = v;
}
