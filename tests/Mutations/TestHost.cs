using System.Collections.Concurrent;
using System.Reflection;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace EnterpriseAI.Mutations;

/// <summary>The inside of a test process: tells what each test reached, or which test was the first to fail.</summary>
internal sealed class TestHost : ITestListener
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<int, bool>> _reached = new(StringComparer.Ordinal);
    private readonly int? _off;

    private TestHost(int? off) => _off = off;

    /// <param name="assembly">The compiled tests.</param>
    /// <param name="off">The check that is switched off; null to record what each test reaches.</param>
    /// <param name="tests">Full names of the tests to run; null for all.</param>
    public static void Run(string assembly, int? off, IReadOnlySet<string>? tests)
    {
        var host = new TestHost(off);
        AppDomain.CurrentDomain.SetData("EnterpriseAI.Mutations", off is { } number ? asked => asked == number : (Func<int, bool>)host.Reach);
        var runner = new NUnitTestAssemblyRunner(new DefaultTestAssemblyBuilder());
        runner.Load(Assembly.LoadFrom(assembly), new Dictionary<string, object>());
        runner.Run(host, new Chosen(tests));
        foreach (var (name, numbers) in host._reached)
            Print($"reached\t{name}\t{string.Join(',', numbers.Keys.Order())}");
    }

    public void TestStarted(ITest test)
    {
    }

    public void TestFinished(ITestResult result)
    {
        if (result.Test.IsSuite && !IsBrokenFixture(result))
            return;
        var name = result.Test.FullName;
        if (_off is not null)
        {
            if (result.ResultState.Status != TestStatus.Failed)
                return;
            Print($"failed\t{name}");
            // The first is enough, and a check that is off may keep others from ending.
            Environment.Exit(1);
        }
        Print($"ran\t{name}\t{result.ResultState.Status}\t{result.Duration * 1000:0}");
    }

    public void TestOutput(TestOutput output)
    {
    }

    public void SendMessage(TestMessage message)
    {
    }

    private static bool IsBrokenFixture(ITestResult result) => result.ResultState is { Status: TestStatus.Failed, Site: FailureSite.SetUp or FailureSite.TearDown };

    private bool Reach(int number)
    {
        _reached.GetOrAdd(TestExecutionContext.CurrentContext.CurrentTest.FullName, _ => new()).TryAdd(number, true);
        return false;
    }

    private static void Print(string line)
    {
        // NUnit replaces Console.Out while a test runs.
        using var output = Console.OpenStandardOutput();
        output.Write(System.Text.Encoding.UTF8.GetBytes($"\n{TestProcess.Mark}{line.ReplaceLineEndings(" ")}\n"));
        output.Flush();
    }

    // Fuzz tests take long, and what only chance finds no one should rely on.
    private sealed class Chosen(IReadOnlySet<string>? names) : TestFilter
    {
        public override bool Match(ITest test) =>
            !test.IsSuite && (names?.Contains(test.FullName.ReplaceLineEndings(" ")) ?? !test.FullName.Contains("FuzzTests", StringComparison.Ordinal));

        public override bool Pass(ITest test, bool negated) => Match(test) || (test.IsSuite && MatchDescendant(test));

        public override TNode AddToXml(TNode parentNode, bool recursive) => parentNode.AddElement("chosen");
    }
}
