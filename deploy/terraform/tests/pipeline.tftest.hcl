mock_provider "aws" {
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:us-east-1:123456789012:queue" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:topic" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/role" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:us-east-1:123456789012:function:loader" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:us-east-1:123456789012:rule/rule" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:group" }
  }
}

variables {
  image_uri           = "123456789012.dkr.ecr.us-east-1.amazonaws.com/loadstone@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  database_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database"
}

run "an_event_is_hidden_for_six_times_as_long_as_a_call_may_take" {
  command = plan
  variables {
    function_timeout = 600
  }
  assert {
    condition     = aws_sqs_queue.events.visibility_timeout_seconds == 3600
    error_message = "events would come again while they are being loaded"
  }
}

run "one_parameter_caps_functions_and_transactions" {
  command = plan
  variables {
    maximum_concurrent_loads = 12
    existing_bucket_name     = "landing"
  }
  assert {
    condition     = aws_lambda_event_source_mapping.events.scaling_config[0].maximum_concurrency == 12
    error_message = "more functions than the cap"
  }
  assert {
    condition     = contains(aws_lambda_event_source_mapping.events.function_response_types, "ReportBatchItemFailures")
    error_message = "one bad file would send its neighbours back"
  }
  assert {
    condition     = length(aws_s3_bucket.landing) == 0
    error_message = "there is a bucket already"
  }
}

run "the_reconcile_is_off_by_default" {
  command = plan
  assert {
    condition     = length(aws_cloudwatch_event_rule.reconcile) == 0
    error_message = "nobody asked for it"
  }
}

run "a_tag_is_no_digest" {
  command = plan
  variables {
    image_uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/loadstone:latest"
  }
  expect_failures = [var.image_uri]
}

run "a_database_has_to_be_named" {
  command = plan
  variables {
    database_secret_arn = ""
  }
  expect_failures = [aws_lambda_function.loader]
}
