using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace EnterpriseAI.Telemetry;

/// <summary>The process and its runtime as metrics, under the names every Prometheus client library uses.</summary>
internal static class ProcessMetrics
{
    public const string MeterName = "EnterpriseAI.Process";

    public static Meter Create(string serviceName, string version)
    {
        var meter = new Meter(MeterName);
        meter.CreateObservableCounter("process_cpu_seconds_total", () => Environment.CpuUsage.TotalTime.TotalSeconds,
            description: "Total user and system CPU time spent in seconds.");
        meter.CreateObservableGauge("process_resident_memory_bytes", () => Environment.WorkingSet,
            description: "Resident memory size in bytes.");
        meter.CreateObservableGauge("process_virtual_memory_bytes", () => OfProcess(p => p.VirtualMemorySize64),
            description: "Virtual memory size in bytes.");
        meter.CreateObservableGauge("process_open_fds", OpenFileDescriptors,
            description: "Number of open file descriptors.");
        meter.CreateObservableGauge("process_max_fds", () => Limit("Max open files"),
            description: "Maximum number of open file descriptors.");
        meter.CreateObservableGauge("process_virtual_memory_max_bytes", () => Limit("Max address space"),
            description: "Maximum amount of virtual memory available in bytes.");
        meter.CreateObservableCounter("process_network_receive_bytes_total", () => NetworkOctets("InOctets"),
            description: "Number of bytes received by the process over the network.");
        meter.CreateObservableCounter("process_network_transmit_bytes_total", () => NetworkOctets("OutOctets"),
            description: "Number of bytes sent by the process over the network.");
        meter.CreateObservableGauge("process_start_time_seconds", StartTimeSeconds,
            description: "Start time of the process since unix epoch in seconds.");
        meter.CreateObservableCounter("dotnet_gc_collections_total", GarbageCollections,
            description: "Garbage collections since start, by generation.");
        meter.CreateObservableCounter("dotnet_gc_allocated_bytes_total", () => GC.GetTotalAllocatedBytes(),
            description: "Bytes allocated on the managed heap since start.");
        meter.CreateObservableCounter("dotnet_gc_pause_seconds_total", () => GC.GetTotalPauseDuration().TotalSeconds,
            description: "Time the garbage collector paused the process since start.");
        meter.CreateObservableGauge("dotnet_gc_heap_size_bytes", () => GC.GetGCMemoryInfo().HeapSizeBytes,
            description: "Managed heap size at the last garbage collection, fragmentation included.");
        meter.CreateObservableGauge("dotnet_thread_pool_threads", () => ThreadPool.ThreadCount,
            description: "Threads in the thread pool.");
        meter.CreateObservableGauge("dotnet_thread_pool_queue_length", () => ThreadPool.PendingWorkItemCount,
            description: "Work items waiting for a thread pool thread.");
        KeyValuePair<string, object?>[] build =
        [
            new("service", serviceName),
            new("version", version),
            new("runtime", RuntimeInformation.FrameworkDescription),
        ];
        meter.CreateObservableGauge("enterpriseai_build_info", () => new Measurement<int>(1, build),
            description: "Always 1; the labels say what runs.");
        return meter;
    }

    private static IEnumerable<Measurement<int>> GarbageCollections() =>
        Enumerable.Range(0, GC.MaxGeneration + 1)
            .Select(generation => new Measurement<int>(GC.CollectionCount(generation), new KeyValuePair<string, object?>("generation", generation)));

    private static double StartTimeSeconds() => OfProcess(p => (p.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);

    private static int OpenFileDescriptors() => Directory.Exists("/proc/self/fd") ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0;

    /// <summary>The soft limit; as many as fit into a double when there is none, as the other libraries have it.</summary>
    private static double Limit(string name)
    {
        const int valueColumn = 26;
        var line = Lines("/proc/self/limits").FirstOrDefault(text => text.StartsWith(name, StringComparison.Ordinal));
        if (line is null || line.Length <= valueColumn) return 0;
        var value = line[valueColumn..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return value == "unlimited" ? ulong.MaxValue : double.Parse(value, CultureInfo.InvariantCulture);
    }

    /// <summary>Of the network namespace, which in a pod is the pod's.</summary>
    private static double NetworkOctets(string name)
    {
        if (Lines("/proc/self/net/netstat").Where(line => line.StartsWith("IpExt:", StringComparison.Ordinal)).ToList() is not [var names, var values]) return 0;
        var column = Array.IndexOf(names.Split(' '), name);
        return column < 0 ? 0 : double.Parse(values.Split(' ')[column], CultureInfo.InvariantCulture);
    }

    private static string[] Lines(string file) => File.Exists(file) ? File.ReadAllLines(file) : [];

    private static T OfProcess<T>(Func<Process, T> read)
    {
        using var process = Process.GetCurrentProcess();
        return read(process);
    }
}
