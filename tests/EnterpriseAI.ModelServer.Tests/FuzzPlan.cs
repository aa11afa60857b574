using System.Globalization;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>How many random and damaged requests one run sends. ENTERPRISEAI_FUZZ sets the sum.</summary>
internal static class FuzzPlan
{
    public const int Least = 20_000;

    /// <summary>The tests of <see cref="GrpcFuzzTests"/>: five datatypes, streams and the other methods.</summary>
    public const int GrpcTests = 7;

    public static int Sum => int.TryParse(Environment.GetEnvironmentVariable("ENTERPRISEAI_FUZZ"), CultureInfo.InvariantCulture, out var count) ? count : Least;

    /// <summary>Over REST in JSON alone.</summary>
    public static int RestJson => Sum * 3 / 10;

    /// <summary>Over REST with binary data, or with a header that claims it.</summary>
    public static int RestBinary => Sum * 3 / 10;

    /// <summary>Over gRPC, in each of its tests: at least what is left.</summary>
    public static int GrpcEach => (Sum - RestJson - RestBinary + GrpcTests - 1) / GrpcTests;
}

public class FuzzPlanTests
{
    [Test]
    public void The_parts_are_no_fewer_than_the_sum()
    {
        TestContext.Out.WriteLine($"{FuzzPlan.RestJson} over REST in JSON, {FuzzPlan.RestBinary} with binary data, {FuzzPlan.GrpcTests} times {FuzzPlan.GrpcEach} over gRPC");
        Assert.That(FuzzPlan.RestJson + FuzzPlan.RestBinary + FuzzPlan.GrpcTests * FuzzPlan.GrpcEach, Is.GreaterThanOrEqualTo(FuzzPlan.Sum));
        Assert.That(typeof(GrpcFuzzTests).GetMethods().Sum(static method =>
            Math.Max(method.GetCustomAttributes(typeof(TestCaseAttribute), false).Length, method.GetCustomAttributes(typeof(TestAttribute), false).Length)), Is.EqualTo(FuzzPlan.GrpcTests));
    }
}
