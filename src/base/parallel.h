// Runs independent pieces of work on all cores. Results must not depend on which thread ran what.
#pragma once

#include <functional>

namespace switchyard {

// Threads to use: SWITCHYARD_THREADS if set to 1..256, else the hardware's count.
int thread_count();

// Calls work(i) once for each i in [0, count), on up to thread_count() threads; returns when all
// are done.
void parallel_for(int count, const std::function<void(int)>& work);

}  // namespace switchyard
