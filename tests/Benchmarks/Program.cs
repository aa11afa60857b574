using EnterpriseAI.Benchmarks;
using EnterpriseAI.Benchmarks.ModelServer;
using EnterpriseAI.Benchmarks.Operator;

// Measures; asserts nothing. Both sides of a ratio are measured in turns in one run.
switch (args)
{
    case [var output, "operator"]:
        await Figure.WriteAsync(Path.Combine(output, "operator.json"),
            [.. await QueueBenchmark.RunAsync(), .. await InformerBenchmark.RunAsync(), .. await ClusterBenchmark.RunAsync()]);
        return 0;
    case [var output, "model-server", var program, var peer]:
        await Figure.WriteAsync(Path.Combine(output, "model-server.json"), await ModelServerBenchmark.RunAsync(program, peer));
        return 0;
    default:
        Console.Error.WriteLine("usage: benchmarks OUTPUT-FOLDER operator | benchmarks OUTPUT-FOLDER model-server PROGRAM-FOLDER PEER-FOLDER");
        return 2;
}
