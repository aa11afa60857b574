using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Tells apart what an S3 store answers when it does not give what was asked for.</summary>
internal static class S3Errors
{
    /// <param name="source">Names the source in an error.</param>
    /// <param name="call">The request.</param>
    /// <exception cref="RemoteTrouble">It cannot be had now, or not so.</exception>
    /// <exception cref="AgentFailure">The store refused for good.</exception>
    public static async Task<TResponse> TranslateAsync<TResponse>(string source, Func<Task<TResponse>> call)
    {
        try
        {
            return await call();
        }
        catch (AmazonS3Exception exception)
        {
            throw Translated(source, exception);
        }
        catch (AmazonClientException exception)
        {
            throw AgentFailure.WorthRetrying("CredentialsMissing", $"{source} cannot be asked for: {exception.Message}: give --credentials with accessKey and secretKey, or run where the environment gives them", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw exception.InnerException is System.Security.Authentication.AuthenticationException
                ? AgentFailure.BadInput("SourceUntrusted", $"the store of {source} is not trusted: {exception.InnerException.Message} Give --ca-file with the authority that issued its certificate", exception)
                : new RemoteTrouble(RemoteTroubleKind.Passing, exception.InnerException?.Message ?? exception.Message, cause: exception);
        }
    }

    private static Exception Translated(string source, AmazonS3Exception exception)
    {
        var code = exception.ErrorCode is { Length: > 0 and < 100 } text ? text : ((int)exception.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return exception.StatusCode switch
        {
            HttpStatusCode.PreconditionFailed => new RemoteTrouble(RemoteTroubleKind.Changed, "the store has another object there than when the download began", cause: exception),
            HttpStatusCode.RequestedRangeNotSatisfiable => new RemoteTrouble(RemoteTroubleKind.NoSuchRange, "the store cannot go on where the last attempt ended", cause: exception),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError or 0
                => new RemoteTrouble(RemoteTroubleKind.Passing, $"the store answered {code}", cause: exception),
            HttpStatusCode.NotFound => AgentFailure.BadInput("SourceRefused", $"{source} was answered with {code}: nothing is there; check bucket, key and --s3-endpoint", exception),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => AgentFailure.BadInput("SourceRefused", $"{source} was answered with {code}: the credentials do not allow it", exception),
            HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect or HttpStatusCode.BadRequest
                => AgentFailure.BadInput("SourceRefused", $"{source} was answered with {code}: check --s3-region and --s3-endpoint", exception),
            _ => AgentFailure.BadInput("SourceRefused", $"{source} was answered with {code}", exception),
        };
    }
}
