using EnterpriseAI.Benchmarks;
using EnterpriseAI.Benchmarks.Operator;

// Measures; asserts nothing. Both sides of a ratio are measured in turns in one run.
if (args is not [var output, .. var suites] || suites.Except(["queue", "informer", "cluster"]).Any())
{
    Console.Error.WriteLine("usage: benchmarks OUTPUT-FOLDER [queue] [informer] [cluster]");
    return 2;
}
if (suites.Length == 0)
    suites = ["queue", "informer", "cluster"];
List<Figure> figures = [];
if (suites.Contains("queue"))
    figures.AddRange(await QueueBenchmark.RunAsync());
if (suites.Contains("informer"))
    figures.AddRange(await InformerBenchmark.RunAsync());
if (suites.Contains("cluster"))
    figures.AddRange(await ClusterBenchmark.RunAsync());
await Figure.WriteAsync(Path.Combine(output, "operator.json"), figures);
return 0;
